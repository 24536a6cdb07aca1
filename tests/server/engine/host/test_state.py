"""state(): the directive's own memory, written with its success; and the world."""

import json

import pytest

from tests.server.engine.workbench import Abandoned, Abandoning, Workbench

COUNT = """
def execute_night_light(ctx):
    n = (ctx.state("get", "n") or 0) + 1
    ctx.state("set", "n", n)
    ctx.state("set", "gone", True)
    ctx.state("delete", "gone")
    if ctx.input.get("fail"):
        raise ValueError("no")
    return [n, ctx.memory.get("n"), ctx.state("get", "n"), ctx.state("get", "gone")]
"""


async def result(bench: Workbench, run_id: int) -> object:
    return json.loads((await bench.row(run_id))["output_summary"])


@pytest.mark.req("D110")
async def test_what_a_run_remembers_is_kept_with_its_success_only(bench: Workbench) -> None:
    release = await bench.directive(COUNT)
    driver = bench.driver()
    first = await bench.run(release, "1")
    assert (await driver.drive(first)).status == "success"
    assert await result(bench, first) == [1, None, 1, None]
    failing = await bench.run(release, "2", fail=True)
    assert (await driver.drive(failing)).status == "failure"
    third = await bench.run(release, "3")
    await driver.drive(third)
    assert await result(bench, third) == [2, 1, 2, None]
    kept = await bench.look("SELECT owner_id, state_key, state_value_json FROM kv_state")
    assert kept == [
        {"owner_id": str(release.directive_id), "state_key": "n", "state_value_json": "2"}
    ]


@pytest.mark.req("D110", "D95")
async def test_staged_changes_survive_a_crash(bench: Workbench) -> None:
    run_id = await bench.run(await bench.directive(COUNT))
    with pytest.raises(Abandoned):
        await bench.driver(Abandoning("before_close")).drive(run_id)
    assert await bench.look("SELECT * FROM kv_state") == []
    assert (await bench.driver().drive(run_id)).status == "success"
    assert await result(bench, run_id) == [1, None, 1, None]
    assert len(await bench.look("SELECT * FROM kv_state")) == 1


@pytest.mark.req("D110", "X09")
async def test_another_directives_memory_cannot_be_read(bench: Workbench) -> None:
    await bench.driver().drive(await bench.run(await bench.directive(COUNT)))
    other = await bench.directive(COUNT.replace("night_light", "other"), name="other")
    run_id = await bench.run(other, "due-2")
    await bench.driver().drive(run_id)
    assert await result(bench, run_id) == [1, None, 1, None]


@pytest.mark.req("D110")
async def test_a_memory_has_its_limit(bench: Workbench) -> None:
    code = """
def execute_night_light(ctx):
    for n in range(3):
        ctx.state("set", f"k{n}", "x" * 400_000)
"""
    run_id = await bench.run(await bench.directive(code))
    assert (await bench.driver().drive(run_id)).status == "failure"
    steps = await bench.steps(run_id)
    assert [s["status"] for s in steps] == ["ok", "ok", "error"]
    assert steps[-1]["error_type"] == "limit_exceeded"
    assert await bench.look("SELECT * FROM kv_state") == []


@pytest.mark.req("D110", "D95")
async def test_conditions_and_entities_are_answered_once_and_recorded(bench: Workbench) -> None:
    code = """
def execute_night_light(ctx):
    got = [
        ctx.test("input.on", {}),
        ctx.test("light.desk is on", {}),
        ctx.state("entity", "light.desk"),
        ctx.state("entity", "light.gone"),
    ]
    ctx.sleep(seconds=30)
    return got
"""
    release = await bench.directive(code)
    run_id = await bench.run(release, on=True)
    await bench.look(
        "INSERT INTO observations (entity, value_json, changed_at, seen_at)"
        " VALUES ('light.desk', ?, 't', 't')",
        json.dumps("on"),
    )
    driver = bench.driver()
    driven = await driver.drive(run_id)
    await bench.look("UPDATE observations SET value_json = ?", json.dumps("off"))
    assert driven.wake_at
    bench.jump(driven.wake_at)
    assert (await driver.drive(run_id)).status == "success"
    assert await result(bench, run_id) == [True, False, "on", None]
