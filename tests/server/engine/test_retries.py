"""New attempts inside one run, and retries of single steps."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from aifp.helpers.user_directives.internal.generation.growth import Signature
from aifp.helpers.user_directives.internal.generation.implementation import implementation_source
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from aifp.schemas.steps import Retry
from aifp.server.engine.driving.retries import retry_at
from tests.server.engine.loopback import Loopback, Reply
from tests.server.engine.workbench import Workbench, clock_of, host_permission

POLICY: JsonMap = {"times": 2, "after_ms": 10_000, "factor": 2, "max_ms": 60_000}
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def two_steps(server: Loopback) -> str:
    return f"""
def execute_night_light(ctx):
    ctx.http("POST", "{server.url("/first")}", json=1)
    ctx.http("POST", "{server.url("/second")}", json=2)
    return ctx.run["attempt"], ctx.run["error"]
"""


@pytest.mark.req("D94", "F20")
async def test_a_new_attempt_repeats_only_the_failed_step_under_its_key(
    bench: Workbench, server: Loopback
) -> None:
    server.script("/second", Reply(status=503), Reply())
    release = await bench.directive(
        two_steps(server), host_permission(server.port), policies={"retry": POLICY}
    )
    run_id = await bench.run(release)
    driver = bench.driver()
    driven = await driver.drive(run_id)
    wait = (driven.wake_at or NOW) - bench.clock.now()
    assert timedelta(seconds=9) <= wait <= timedelta(seconds=11)
    await clock_of(bench).advance(11)
    assert (await driver.drive(run_id)).status == "success"
    assert len(server.calls(path="/first")) == 1
    assert len(server.calls(path="/second")) == 2
    assert len(server.unique_keys("/second")) == 1
    tries = await bench.look("SELECT attempt, status FROM run_attempts ORDER BY attempt")
    assert [(t["attempt"], t["status"]) for t in tries] == [(1, "failure"), (2, "success")]
    row = await bench.row(run_id)
    assert (row["attempts"], row["status"]) == (2, "success")
    attempt, error = json.loads(row["output_summary"])
    assert attempt == 2
    assert "503" in error
    steps = await bench.steps(run_id)
    assert [(s["attempt"], s["seq"], s["status"]) for s in steps] == [
        (1, 1, "ok"),
        (1, 2, "error"),
        (2, 1, "ok"),
        (2, 2, "ok"),
    ]


@pytest.mark.req("D94")
async def test_attempts_end_when_they_are_used_up(bench: Workbench, server: Loopback) -> None:
    server.script("/second", Reply(status=500))
    release = await bench.directive(
        two_steps(server), host_permission(server.port), policies={"retry": POLICY}
    )
    run_id = await bench.run(release)
    driver = bench.driver()
    for _ in range(2):
        assert (await driver.drive(run_id)).status == "running"
        await clock_of(bench).advance(30)
    assert (await driver.drive(run_id)).status == "failure"
    assert len(server.calls(path="/second")) == 3
    assert (await bench.row(run_id))["attempts"] == 3
    (daily,) = await bench.look("SELECT failure FROM run_daily WHERE subject_kind = 'directive'")
    assert daily["failure"] == 1


@pytest.mark.req("D94")
@pytest.mark.parametrize(
    ("reply", "retried"),
    [
        (Reply(status=404), False),
        (Reply(status=401), False),
        (Reply(status=408), True),
        (Reply(status=425), True),
        (Reply(status=429), True),
        (Reply(status=502), True),
        (Reply(status=504), True),
    ],
)
async def test_only_statuses_that_may_pass_are_tried_again(
    bench: Workbench, server: Loopback, reply: Reply, *, retried: bool
) -> None:
    server.script("/second", reply)
    release = await bench.directive(
        two_steps(server), host_permission(server.port), policies={"retry": POLICY}
    )
    driven = await bench.driver().drive(await bench.run(release))
    assert driven.status == ("running" if retried else "failure")


@pytest.mark.req("D94")
@pytest.mark.parametrize(
    ("code", "retried"),
    [
        ("raise ValueError('odd')", True),
        ("ctx.notify('nobody', 'x')", False),
        ("ctx.http('GET', 'http://h\\\\r\\\\nX: y')", False),
        ("ctx.stop('no', error=True)", False),
    ],
)
async def test_errors_of_the_code_are_tried_again_refusals_are_not(
    bench: Workbench, code: str, *, retried: bool
) -> None:
    source = f"def execute_night_light(ctx):\n    {code}\n"
    release = await bench.directive(source, policies={"retry": POLICY})
    driven = await bench.driver().drive(await bench.run(release))
    assert driven.status == ("running" if retried else "failure")


@pytest.mark.req("F20", "D94")
async def test_a_dead_host_is_tried_again(bench: Workbench) -> None:
    code = """
def execute_night_light(ctx):
    ctx.http("GET", "http://127.0.0.1:9/")
"""
    release = await bench.directive(code, host_permission(9), policies={"retry": POLICY})
    assert (await bench.driver().drive(await bench.run(release))).status == "running"


@pytest.mark.req("F21")
async def test_retry_after_is_honoured_up_to_the_longest_delay(
    bench: Workbench, server: Loopback
) -> None:
    server.script(
        "/second",
        Reply(status=429, headers={"Retry-After": "40"}),
        Reply(status=503, headers={"Retry-After": "86400"}),
        Reply(),
    )
    release = await bench.directive(
        two_steps(server), host_permission(server.port), policies={"retry": POLICY}
    )
    run_id = await bench.run(release)
    driver = bench.driver()
    for longest in (40, 60):
        driven = await driver.drive(run_id)
        assert driven.wake_at == bench.clock.now() + timedelta(seconds=longest)
        await clock_of(bench).advance(longest)
    assert (await driver.drive(run_id)).status == "success"


@pytest.mark.req("D94")
async def test_the_retry_of_a_step_replaces_the_directives(
    bench: Workbench, server: Loopback
) -> None:
    server.script("/flaky", Reply(status=503))
    code = f"""
def execute_night_light(ctx):
    retry = {{"times": 2, "after_ms": 5000, "factor": 1, "max_ms": 5000}}
    ctx.http("POST", "{server.url("/flaky")}", retry=retry)
"""
    release = await bench.directive(code, host_permission(server.port), policies={"retry": POLICY})
    run_id = await bench.run(release)
    driver = bench.driver()
    for calls in (1, 2):
        assert (await driver.drive(run_id)).status == "running"
        assert len(server.received) == calls
        await clock_of(bench).advance(6)
    assert (await driver.drive(run_id)).status == "failure"
    assert len(server.received) == 3
    assert len(server.unique_keys()) == 1
    assert (await bench.row(run_id))["attempts"] == 1


@pytest.mark.req("D94")
@pytest.mark.parametrize("times", [0, 1])
@pytest.mark.parametrize("verb", ["http", "code", "parallel"])
async def test_an_error_that_is_left_after_a_steps_own_retry_ends_the_run(
    bench: Workbench, server: Loopback, verb: str, times: int
) -> None:
    server.script("/flaky", Reply(status=503))
    own: JsonMap = {"times": times, "after_ms": 5_000 * times, "factor": 1, "max_ms": 5_000 * times}
    read: JsonMap = {"verb": "http", "method": "GET", "url": server.url("/flaky"), "retry": own}
    code: JsonMap = {"verb": "code", "function": "odd", "retry": own}
    steps: dict[str, JsonMap] = {
        "http": read,
        "code": code,
        "parallel": {"verb": "parallel", "branches": [[read], [{"verb": "log", "message": "x"}]]},
    }
    head: JsonMap = {"format": 1, "name": "night_light", "type": "sequence", "timezone": "UTC"}
    sheet = CanonicalDirective.model_validate({**head, "when": [], "steps": [steps[verb]]})
    source = implementation_source(sheet, {"odd": Signature("night_light", wants_ctx=False)}, "x")
    source = source.replace("from night_light import odd\n", "")
    source += "\n\ndef odd() -> None:\n    raise ValueError('odd')\n"
    release = await bench.directive(
        source, host_permission(server.port), policies={"retry": POLICY}
    )
    run_id = await bench.run(release)
    driver = bench.driver()
    for _ in range(times):
        assert (await driver.drive(run_id)).status == "running"
        await clock_of(bench).advance(6)
    assert (await driver.drive(run_id)).status == "failure"
    assert (await bench.row(run_id))["attempts"] == 1


@pytest.mark.req("D94")
async def test_a_new_attempt_repeats_one_failed_branch_and_goes_on_beyond_it(
    bench: Workbench, server: Loopback
) -> None:
    server.script("/b1", Reply(status=503), Reply())
    code = f"""
def execute_night_light(ctx):
    async def branch(name):
        for n in (1, 2):
            await ctx.aio.http("POST", "{server.url("/")}" + name + str(n), json=[name, n])
    ctx.branches([lambda name=name: branch(name) for name in ("a", "b", "c")])
"""
    release = await bench.directive(code, host_permission(server.port), policies={"retry": POLICY})
    run_id = await bench.run(release)
    driver = bench.driver()
    assert (await driver.drive(run_id)).status == "running"
    await clock_of(bench).advance(11)
    assert (await driver.drive(run_id)).status == "success"
    counts = {p: len(server.calls(path=p)) for p in ("/a1", "/a2", "/b1", "/b2", "/c1", "/c2")}
    assert counts == {"/a1": 1, "/a2": 1, "/b1": 2, "/b2": 1, "/c1": 1, "/c2": 1}
    keys = {r.key for r in server.received}
    assert len(keys) == 6


@pytest.mark.req("D94")
def test_delays_grow_by_the_factor_and_spread_by_a_tenth() -> None:
    policy = Retry(times=5, after_ms=10_000, factor=2, max_ms=30_000)
    for retry, planned in ((1, 10), (2, 20), (3, 30), (4, 30)):
        delays = {(retry_at(policy, retry, f"s{n}", NOW) - NOW).total_seconds() for n in range(99)}
        assert planned * 0.9 <= min(delays) < planned * 0.95
        assert planned * 1.05 < max(delays) <= planned * 1.1
        assert retry_at(policy, retry, "s", NOW) == retry_at(policy, retry, "s", NOW)
