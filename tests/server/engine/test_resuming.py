"""A run whose driver is gone goes on from its record."""

import json

import pytest

from aifp.schemas.common import JsonMap
from aifp.server.engine.driving.failpoints import Failpoint
from tests.server.engine.loopback import Loopback, Reply
from tests.server.engine.workbench import (
    Abandoned,
    Abandoning,
    Workbench,
    clock_of,
    host_permission,
)


def three_posts(server: Loopback) -> str:
    return f"""
def execute_night_light(ctx):
    got = []
    for place in ("a", "b", "c"):
        reply = ctx.http("POST", "{server.url("/")}" + place, json={{"n": place}})
        got.append(reply["status"])
    return got
"""


@pytest.mark.req("D95", "F02")
@pytest.mark.parametrize("place", ["after_intent", "after_effect"])
async def test_a_keyed_write_cut_off_is_repeated_under_its_key(
    bench: Workbench, server: Loopback, place: Failpoint
) -> None:
    release = await bench.directive(three_posts(server), host_permission(server.port))
    run_id = await bench.run(release)
    with pytest.raises(Abandoned):
        await bench.driver(Abandoning(place, 2)).drive(run_id)
    assert (await bench.row(run_id))["status"] == "running"
    assert (await bench.driver().drive(run_id)).status == "success"
    assert len(server.unique_keys()) == 3
    assert len(server.calls(path="/a")) == 1
    assert len(server.unique_keys("/b")) == 1
    row = await bench.row(run_id)
    assert (row["epoch"], row["attempts"]) == (2, 1)
    assert [s["status"] for s in await bench.steps(run_id)] == ["ok", "ok", "ok"]


@pytest.mark.req("D95")
@pytest.mark.parametrize("place", ["after_claim", "before_close"])
async def test_a_run_left_at_any_other_place_ends_once(
    bench: Workbench, server: Loopback, place: Failpoint
) -> None:
    release = await bench.directive(three_posts(server), host_permission(server.port))
    run_id = await bench.run(release)
    with pytest.raises(Abandoned):
        await bench.driver(Abandoning(place)).drive(run_id)
    assert (await bench.driver().drive(run_id)).status == "success"
    assert len(server.received) == 3
    (daily,) = await bench.look("SELECT success FROM run_daily WHERE subject_kind = 'project'")
    assert daily["success"] == 1


@pytest.mark.req("D106", "D95")
@pytest.mark.parametrize("place", ["after_intent", "after_effect"])
async def test_a_notice_cut_off_is_not_repeated_but_told(
    bench: Workbench, place: Failpoint
) -> None:
    code = """
def execute_night_light(ctx):
    ctx.notify("phone", "the door is open")
"""
    permission = host_permission(1).model_copy(
        update={"resource": "notify", "value": {"channel": "phone"}}
    )
    run_id = await bench.run(await bench.directive(code, permission))
    with pytest.raises(Abandoned):
        await bench.driver(Abandoning(place)).drive(run_id)
    before = len(bench.notices.sent)
    assert (await bench.driver().drive(run_id)).status == "interrupted"
    assert len(bench.notices.sent) == before <= 1
    assert "was begun before the engine stopped" in (await bench.row(run_id))["reason"]
    assert await bench.look("SELECT code, state FROM alerts") == [
        {"code": "run_interrupted", "state": "open"}
    ]


@pytest.mark.req("D95")
async def test_a_run_that_calls_otherwise_than_its_record_is_interrupted(
    bench: Workbench, server: Loopback
) -> None:
    release = await bench.directive(three_posts(server), host_permission(server.port))
    run_id = await bench.run(release)
    with pytest.raises(Abandoned):
        await bench.driver(Abandoning("after_effect", 2)).drive(run_id)
    changed = three_posts(server).replace('"a", "b", "c"', '"a", "x", "c"')
    bench.releases[release.directive_id] = release.model_copy(
        update={"modules": {"night_light": changed}}
    )
    assert (await bench.driver().drive(run_id)).status == "interrupted"
    assert (await bench.row(run_id))["reason"].startswith("step 2 was http")
    assert server.calls(path="/x") == []


@pytest.mark.req("D95")
async def test_time_and_chance_are_the_same_when_driven_again(
    bench: Workbench, server: Loopback
) -> None:
    code = f"""
import datetime, random, uuid

def execute_night_light(ctx):
    first = [str(datetime.datetime.now()), random.random(), str(uuid.uuid4())]
    ctx.http("POST", "{server.url("/first")}", json=first)
    second = [str(datetime.datetime.now()), random.random()]
    ctx.http("POST", "{server.url("/second")}", json=second)
    ctx.sleep(seconds=30)
    return first + second
"""
    run_id = await bench.run(await bench.directive(code, host_permission(server.port)))
    driver = bench.driver()
    assert (await driver.drive(run_id)).wake_at
    await clock_of(bench).advance(45)
    assert (await driver.drive(run_id)).status == "success"
    sent = [json.loads(r.body) for r in server.received]
    assert len(sent) == 2
    assert json.loads((await bench.row(run_id))["output_summary"]) == sent[0] + sent[1]


@pytest.mark.req("D95")
async def test_a_caught_error_is_answered_from_the_record_too(
    bench: Workbench, server: Loopback
) -> None:
    server.script("/off", Reply(status=404))
    code = f"""
def execute_night_light(ctx):
    try:
        ctx.http("GET", "{server.url("/off")}")
    except Exception as fault:
        kind = type(fault).__name__
    ctx.sleep(seconds=10)
    return kind
"""
    run_id = await bench.run(await bench.directive(code, host_permission(server.port)))
    driver = bench.driver()
    await driver.drive(run_id)
    await clock_of(bench).advance(11)
    assert (await driver.drive(run_id)).status == "success"
    assert len(server.received) == 1
    assert json.loads((await bench.row(run_id))["output_summary"]) == "HttpStatus"


@pytest.mark.req("D95")
async def test_parallel_branches_take_their_numbers_in_plan_order_and_resume(
    bench: Workbench, server: Loopback
) -> None:
    server.script("/0", Reply(delay_s=0.2))
    code = f"""
import asyncio

async def both(ctx):
    calls = [ctx.aio.http("POST", "{server.url("/")}" + str(n), json=n) for n in range(5)]
    return [reply["status"] for reply in await asyncio.gather(*calls)]

def execute_night_light(ctx):
    return asyncio.run(execute_all(ctx))

async def execute_all(ctx):
    return await both(ctx)
"""
    run_id = await bench.run(await bench.directive(code, host_permission(server.port)))
    with pytest.raises(Abandoned):
        await bench.driver(Abandoning("after_effect", 3)).drive(run_id)
    assert (await bench.driver().drive(run_id)).status == "success"
    steps = await bench.steps(run_id)
    assert [json.loads(s["arguments_json"])["json"] for s in steps] == [0, 1, 2, 3, 4]
    assert [s["seq"] for s in steps] == [1, 2, 3, 4, 5]
    assert len(server.unique_keys()) == 5


@pytest.mark.req("D95", "D104")
async def test_a_notice_run_goes_on_at_its_own_entry(bench: Workbench, server: Loopback) -> None:
    code = f"""
def execute_night_light(ctx):
    ctx.http("POST", "{server.url("/lamp")}")

def on_failure_night_light(ctx):
    ctx.http("POST", "{server.url("/told")}")
    return "told"
"""
    tell: JsonMap = {"on_failure": [{"verb": "log", "message": "x"}]}
    release = await bench.directive(code, host_permission(server.port), policies=tell)
    run_id = await bench.run(release)
    entry = json.dumps({"kind": "on_failure", "entry": "on_failure_night_light"})
    sql = "UPDATE runs SET trigger_source = 'system', trigger_json = ?, epoch = 1"
    await bench.write(f"{sql}, status = 'running', started_at = created_at", entry)
    assert (await bench.driver().drive(run_id)).status == "success"
    assert [r.path for r in server.received] == ["/told"]


@pytest.mark.req("D95")
async def test_a_driver_with_an_old_epoch_writes_nothing(
    bench: Workbench, server: Loopback
) -> None:
    """A frozen driver wakes up after another one has taken the run over and ended it."""
    release = await bench.directive(three_posts(server), host_permission(server.port))
    run_id = await bench.run(release)

    class TakeOver(Abandoning):
        """Lets the run be taken over between a step's effect and its record."""

        def reach(self, name: Failpoint) -> None:
            if name == "after_effect" and not server.calls(path="/b"):
                bench.take_over(run_id)

    driven = await bench.driver(TakeOver("after_effect")).drive(run_id)
    assert driven.status is None
    steps = await bench.steps(run_id)
    assert [(s["seq"], s["status"]) for s in steps] == [(1, "started")]
    row = await bench.row(run_id)
    assert (row["status"], row["finished_at"]) == ("running", None)
    assert (await bench.driver().drive(run_id)).status == "success"
    assert len(server.unique_keys()) == 3
