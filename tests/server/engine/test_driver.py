"""Driving runs: from the queue to their end, through waits, failures and new attempts."""

import json

import pytest

from aifp.schemas.common import JsonMap
from tests.server.engine.loopback import Loopback, Reply
from tests.server.engine.workbench import Workbench, clock_of, host_permission

RETRY: JsonMap = {"times": 2, "after_ms": 10_000, "factor": 2, "max_ms": 60_000}
GREET = """
def execute_night_light(ctx):
    ctx.log("info", f"hello {ctx.input['name']}")
    return {name: ctx.run[name] for name in ("directive", "date", "attempt")}
"""


@pytest.mark.req("D91")
async def test_a_queued_run_is_driven_to_its_success(bench: Workbench) -> None:
    release = await bench.directive(GREET)
    run_id = await bench.run(release, name="Ada")
    driven = await bench.driver().drive(run_id)
    row = await bench.row(run_id)
    assert (driven.status, row["status"], row["epoch"], row["attempts"]) == (
        "success",
        "success",
        1,
        1,
    )
    assert json.loads(row["output_summary"]) == {
        "directive": "night_light",
        "date": "2026-11-21",
        "attempt": 1,
    }
    daily = await bench.look("SELECT * FROM run_daily ORDER BY subject_kind")
    assert [(d["subject_kind"], d["success"], d["timed_runs"]) for d in daily] == [
        ("directive", 1, 1),
        ("project", 1, 1),
    ]


@pytest.mark.req("D105")
async def test_a_call_is_written_down_with_its_key_and_answered(
    bench: Workbench, server: Loopback
) -> None:
    code = f"""
def execute_night_light(ctx):
    return ctx.http("POST", "{server.url("/lamp")}", json={{"on": True}})["json"]
"""
    release = await bench.directive(code, host_permission(server.port))
    run_id = await bench.run(release)
    assert (await bench.driver().drive(run_id)).status == "success"
    (step,) = await bench.steps(run_id)
    assert (step["function"], step["status"], step["seq"]) == ("http", "ok", 1)
    assert step["idempotency_key"] == server.received[0].key
    assert json.loads((await bench.row(run_id))["output_summary"]) == {"ok": True}


@pytest.mark.req("D96")
async def test_the_code_sees_its_data_and_nothing_else(bench: Workbench) -> None:
    code = """
def execute_night_light(ctx):
    return sorted(ctx.run), ctx.memory, ctx.vars, ctx.read, ctx.trigger
"""
    run_id = await bench.run(await bench.directive(code))
    await bench.driver().drive(run_id)
    names, *others = json.loads((await bench.row(run_id))["output_summary"])
    known = "attempt date directive due error id key started time timestamp"
    assert " ".join(names) == known
    assert others == [{}, {}, {}, {}]


@pytest.mark.req("D96")
async def test_an_ungranted_host_gives_a_denied_step_and_a_failure(
    bench: Workbench, server: Loopback
) -> None:
    code = f"""
def execute_night_light(ctx):
    ctx.http("POST", "{server.url("/lamp")}")
"""
    release = await bench.directive(code, host_permission(server.port, "GET"))
    run_id = await bench.run(release)
    assert (await bench.driver().drive(run_id)).status == "failure"
    assert [s["status"] for s in await bench.steps(run_id)] == ["denied"]
    assert server.received == []
    assert "does not grant host" in (await bench.row(run_id))["error_message"]


@pytest.mark.req("G9", "D96")
async def test_three_refusals_in_a_day_raise_one_alert(bench: Workbench) -> None:
    code = """
def execute_night_light(ctx):
    for _ in range(4):
        try:
            ctx.notify("door", "open")
        except Exception:
            pass
"""
    run_id = await bench.run(await bench.directive(code))
    assert (await bench.driver().drive(run_id)).status == "success"
    assert bench.notices.sent == []
    alerts = await bench.look("SELECT code FROM alerts")
    assert alerts == [{"code": "not_granted"}]


@pytest.mark.req("F18", "D81")
async def test_endless_output_is_cut_and_ends_in_output_limit(bench: Workbench) -> None:
    code = """
def execute_night_light(ctx):
    while True:
        print("x" * 10000)
"""
    run_id = await bench.run(await bench.directive(code))
    assert (await bench.driver().drive(run_id)).status == "failure"
    row = await bench.row(run_id)
    assert row["reason"] == "output_limit"


@pytest.mark.req("F16", "D81")
async def test_work_beyond_its_limit_ends_in_timeout(bench: Workbench) -> None:
    code = """
def execute_night_light(ctx):
    while True:
        pass
"""
    release = await bench.directive(code, policies={"timeout_ms": 1000})
    run_id = await bench.run(release)
    assert (await bench.driver().drive(run_id)).status == "timeout"
    assert (await bench.row(run_id))["reason"] == "timeout"


@pytest.mark.req("D81")
async def test_a_host_that_answers_too_late_ends_the_run_in_timeout(
    bench: Workbench, server: Loopback
) -> None:
    server.script("/slow", Reply(delay_s=5))
    code = f"""
def execute_night_light(ctx):
    ctx.http("GET", "{server.url("/slow")}")
"""
    release = await bench.directive(
        code, host_permission(server.port), policies={"timeout_ms": 1000}
    )
    run_id = await bench.run(release)
    assert (await bench.driver().drive(run_id)).status == "timeout"


async def test_stop_ends_the_run_as_the_code_says(bench: Workbench) -> None:
    code = """
def execute_night_light(ctx):
    ctx.stop("nobody home", error=bool(ctx.input.get("bad")))
"""
    release = await bench.directive(code, policies={"retry": RETRY})
    good, bad = await bench.run(release), await bench.run(release, "due-2", bad=True)
    for run_id, status in ((good, "success"), (bad, "failure")):
        assert (await bench.driver().drive(run_id)).status == status
        assert (await bench.row(run_id))["reason"] == "nobody home"


@pytest.mark.req("D95")
async def test_large_bodies_go_to_the_object_store_and_come_back(
    bench: Workbench, server: Loopback
) -> None:
    server.script("/big", Reply(body=json.dumps({"text": "y" * 20_000}).encode()))
    code = f"""
def execute_night_light(ctx):
    text = ctx.http("GET", "{server.url("/big")}", pick="text")
    ctx.sleep(seconds=5)
    return text
"""
    run_id = await bench.run(await bench.directive(code, host_permission(server.port)))
    driver = bench.driver()
    assert (await driver.drive(run_id)).wake_at
    step = (await bench.steps(run_id))[0]
    assert step["result_json"] is None
    assert step["result_sha256"]
    await clock_of(bench).advance(6)
    assert (await driver.drive(run_id)).status == "success"
    assert len(server.received) == 1
    row = await bench.row(run_id)
    assert len(row["output_summary"]) == 1024
    assert json.loads(await bench.ctx.files.fetch(row["output_sha256"])) == "y" * 20_000
