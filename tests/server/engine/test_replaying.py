"""Replay: recorded runs played again with another version, without a single call outside."""

import pytest

from aifp.schemas.releases import Permission
from tests.server.engine.loopback import Loopback, Reply
from tests.server.engine.rig import Rig
from tests.server.engine.workbench import Workbench, host_permission

STATE = Permission(resource="state_mb", value={"mb": 1})


@pytest.fixture
def rig(bench: Workbench) -> Rig:
    return Rig(bench)


def keys(many: int, word: str = "due") -> list[str]:
    return [f"{word}-{number}" for number in range(many)]


def lamp(server: Loopback, seen: str = "/seen", lamp: str = "/lamp", more: str = "") -> str:
    return f"""
import datetime
import random

def execute_night_light(ctx):
    {more or "pass"}
    seen = ctx.http("GET", "{server.url(seen)}")["json"]
    ctx.http("POST", "{server.url(lamp)}", json={{"on": True, "at": str(datetime.datetime.now())}})
    count = (ctx.state("get", "count") or 0) + 1
    ctx.state("set", "count", count)
    ctx.log("info", "done")
    return {{"seen": seen, "count": count, "luck": random.random(), "key": ctx.run["key"],
            "at": str(datetime.datetime.now())}}
"""


@pytest.mark.req("T07")
async def test_equal_code_replays_every_run_and_reaches_nobody(rig: Rig, server: Loopback) -> None:
    await rig.begin(lamp(server), host_permission(server.port), STATE)
    server.script("/seen", *(Reply(body=f'{{"n": {n}}}'.encode()) for n in range(12)))
    await rig.live(*keys(12))
    before = len(server.received)
    version = await rig.version(lamp(server) + "\n# said otherwise\n")
    report = await rig.test(version, "replay")
    assert (report.cases, report.agreements, report.score, report.passed) == (12, 12, 1.0, True)
    assert (report.version_number, report.baseline_version_number) == (2, 1)
    assert len(server.received) == before == 24


@pytest.mark.req("T07")
async def test_another_address_is_a_divergence(rig: Rig, server: Loopback) -> None:
    await rig.begin(lamp(server), host_permission(server.port), STATE)
    await rig.live(*keys(10))
    before = len(server.received)
    version = await rig.version(lamp(server, seen="/other"))
    report = await rig.test(version, "replay")
    assert (report.regressions, report.passed, report.score) == (10, False, 0.0)
    assert "not in the record: http method GET url" in report.details[0].told[0]
    assert len(server.received) == before


@pytest.mark.req("T07")
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('    ctx.log("info", "done")\n', "", None),
        ('ctx.state("set", "count", count)', "pass", "does not: state"),
        ('"count": count,', "", "count is missing"),
        ('"luck": random.random()', '"luck": random.random() + random.random()', "luck: "),
    ],
)
async def test_what_a_version_does_otherwise_is_told(
    rig: Rig, server: Loopback, old: str, new: str, told: str | None
) -> None:
    await rig.begin(lamp(server), host_permission(server.port), STATE)
    await rig.live(*keys(10))
    code = lamp(server)
    assert old in code
    report = await rig.test(await rig.version(code.replace(old, new)), "replay")
    if told is None:
        assert report.passed
    else:
        assert report.regressions == 10
        assert any(told in line for line in report.details[0].told)


@pytest.mark.req("T07")
async def test_nine_past_successes_are_too_few(rig: Rig, server: Loopback) -> None:
    await rig.begin(lamp(server), host_permission(server.port), STATE)
    await rig.live(*keys(9))
    report = await rig.test(await rig.version(lamp(server) + "\n"), "replay")
    assert report.passed is None and report.cases == 9
    assert report.verdict == "insufficient_data: 9 past successes, 10 are needed"


PICKY = """
def execute_night_light(ctx):
    if ctx.input["n"] == "bad":
        raise ValueError("bad")
    if ctx.input["n"] == "worse":
        raise KeyError("worse")
    return ctx.input["n"]
"""


@pytest.mark.req("T08")
async def test_improvements_regressions_and_the_rest_are_counted(rig: Rig) -> None:
    await rig.begin(PICKY)
    for number in range(10):
        await rig.live(f"good-{number}", n=number)
    await rig.live("bad", n="bad")
    await rig.live("worse", n="worse")
    mended = PICKY.replace('raise ValueError("bad")', 'return "mended"')
    report = await rig.test(await rig.version(mended), "replay")
    assert (report.cases, report.improvements, report.regressions) == (12, 1, 0)
    assert (report.successes, report.failures, report.passed) == (11, 1, True)
    spoilt = PICKY.replace(
        'return ctx.input["n"]', 'return 7 if ctx.input["n"] == 3 else ctx.input["n"]'
    )
    report = await rig.test(await rig.version(spoilt), "replay")
    assert (report.improvements, report.regressions, report.agreements) == (0, 1, 11)
    assert report.passed is False
    assert report.details[0].told == ["the result: 3 became 7"]
    other = PICKY.replace('KeyError("worse")', 'TypeError("worse")')
    report = await rig.test(await rig.version(other), "replay")
    assert (report.agreements, report.disagreements, report.regressions) == (11, 1, 0)
    assert report.details[0].verdict == "other" and report.passed


@pytest.mark.req("T07")
async def test_only_runs_of_the_code_in_force_of_the_last_30_days_are_replayed(
    rig: Rig,
) -> None:
    await rig.begin("def execute_night_light(ctx):\n    return 1\n")
    await rig.live(*keys(10))
    await rig.bench.write(
        "UPDATE runs SET finished_at = '2026-10-21T11:59:59.000Z' WHERE id = 1 RETURNING id"
    )
    version = await rig.version("def execute_night_light(ctx):\n    return 1 + 0\n")
    assert (await rig.test(version, "replay")).cases == 9


async def test_a_failed_call_is_answered_with_its_failure(rig: Rig, server: Loopback) -> None:
    code = f"""
from aifp_guest import HttpStatus

def execute_night_light(ctx):
    try:
        ctx.http("GET", "{server.url("/gone")}")
    except HttpStatus as fault:
        return str(fault)
"""
    server.script("/gone", Reply(status=404))
    await rig.begin(code, host_permission(server.port))
    await rig.live(*keys(10))
    report = await rig.test(await rig.version(code + "\n"), "replay")
    assert report.passed and len(server.received) == 10


async def test_a_version_that_never_ends_is_given_up_after_three_cases(rig: Rig) -> None:
    await rig.begin("def execute_night_light(ctx):\n    return 1\n")
    await rig.live(*keys(10))
    rig.first = rig.first and rig.first.model_copy(
        update={
            "directive": rig.first.directive.model_copy(
                update={
                    "policies": rig.first.directive.policies.model_copy(update={"timeout_ms": 300})
                }
            )
        }
    )
    version = await rig.version("def execute_night_light(ctx):\n    while True:\n        pass\n")
    report = await rig.test(version, "replay")
    assert (report.cases, report.regressions, report.passed) == (3, 3, False)


@pytest.mark.req("T07")
async def test_each_test_leaves_one_record_and_counts_in_no_statistics(rig: Rig) -> None:
    await rig.begin("def execute_night_light(ctx):\n    return 1\n")
    await rig.live(*keys(10))
    daily = await rig.bench.look("SELECT * FROM run_daily")
    version = await rig.version("def execute_night_light(ctx):\n    return 2\n")
    report = await rig.test(version, "replay")
    runs = await rig.bench.look("SELECT * FROM runs WHERE kind = 'test'")
    assert [(r["mode"], r["status"], r["artifact_version_id"]) for r in runs] == [
        ("replay", "failure", version)
    ]
    rows = await rig.bench.look("SELECT * FROM replay_test_results")
    assert [(r["id"], r["regressions"], r["passed"]) for r in rows] == [(report.test_run_id, 10, 0)]
    assert await rig.bench.look("SELECT * FROM run_daily") == daily
