"""Tools that are called by code: each through its own gate, each a run of its own."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from aifp.schemas.releases import Permission, Release
from aifp.server.engine.driving.recovery import recover
from aifp.server.engine.driving.runner import AsyncRunner
from aifp.server.engine.driving.tool_runs import DEEPEST
from aifp.server.sandbox.wasm import open_sandbox
from tests.server.engine.desks import Desk
from tests.server.engine.workbench import Abandoned, Abandoning, Workbench, open_workbench

CODE = """
def execute_night_light(ctx):
    return ctx.tool("double", {"number": 4})
"""
DOUBLE = "def run(number: int) -> int:\n    return number * 2\n"
READS = 'CHARACTERISTICS = {"effect_class": "read_only", "side_effects": False}\n'


@pytest.fixture
async def desk(bench: Workbench) -> AsyncGenerator[Desk]:
    made = Desk(bench)
    yield made
    await made.tools.close()


def may_call(*names: str) -> list[Permission]:
    return [Permission(resource="tool", value={"name": name}) for name in names]


async def directive(desk: Desk, code: str = CODE, *names: str) -> Release:
    return await desk.bench.directive(code, *may_call(*(names or ("double",))))


async def drive(desk: Desk, release: Release) -> dict[str, object]:
    run_id = await desk.bench.run(release)
    await desk.bench.driver().drive(run_id)
    return await desk.bench.row(run_id)


@pytest.mark.req("D109")
async def test_a_directive_calls_an_approved_tool_in_a_run_of_its_own(desk: Desk) -> None:
    version = await desk.box.approved("double", DOUBLE)
    run = await drive(desk, await directive(desk))
    assert (run["status"], run["output_summary"]) == ("success", "8"), run
    (step,) = await desk.bench.steps(int(str(run["id"])))
    assert (step["function"], step["status"]) == ("tool", "ok")
    (inner,) = await desk.runs()
    assert (inner["status"], inner["trigger_source"]) == ("success", "tool")
    assert inner["artifact_version_id"] == version
    assert str(inner["idempotency_key"]).startswith(f"{step['idempotency_key']}:")


@pytest.mark.req("D109")
async def test_a_tool_without_a_permission_of_the_caller_or_a_yes_of_its_own_is_refused(
    desk: Desk,
) -> None:
    await desk.box.approved("double", DOUBLE)
    run = await drive(desk, await directive(desk, CODE, "another"))
    (step,) = await desk.bench.steps(int(str(run["id"])))
    assert (run["status"], step["status"]) == ("failure", "denied")
    await desk.box.known("pending", DOUBLE)
    code = CODE.replace("double", "pending").replace("night_light", "two")
    release = await desk.bench.directive(code, *may_call("pending"), name="two")
    run_id = await desk.bench.run(release, "due-2")
    await desk.bench.driver().drive(run_id)
    (step,) = await desk.bench.steps(run_id)
    assert (step["status"], step["error_type"]) == ("denied", "approval_required")
    assert await desk.runs() == []


@pytest.mark.req("D109")
async def test_tools_that_call_one_another_in_a_circle_are_refused(desk: Desk) -> None:
    ping = 'def run(ctx) -> object:\n    return ctx.tool("pong")\n'
    await desk.box.approved("ping", ping)
    await desk.box.approved("pong", ping.replace("pong", "ping"))
    report = await desk.call("ping")
    assert not report.success and report.error is not None
    assert "ping calls pong calls ping" in report.error
    assert [run["status"] for run in await desk.runs()] == ["failure", "failure"]


@pytest.mark.req("D109")
async def test_tools_call_one_another_at_most_eight_deep(desk: Desk) -> None:
    for number in range(1, DEEPEST + 1):
        source = f'def run(ctx) -> object:\n    return ctx.tool("deep_{number + 1}")\n'
        await desk.box.approved(f"deep_{number}", source)
    await desk.box.approved(f"deep_{DEEPEST + 1}", "def run() -> str:\n    return 'ground'\n")
    report = await desk.call("deep_2")
    assert report.result == "ground", report
    report = await desk.call("deep_1")
    assert not report.success and report.error is not None and "At most 8" in report.error


async def test_a_failing_tool_raises_in_the_code_that_called_it(desk: Desk) -> None:
    await desk.box.approved("double", "def run(number: int) -> int:\n    raise ValueError('no')\n")
    code = (
        "from aifp_guest import HostError\n\n\n"
        "def execute_night_light(ctx):\n"
        "    try:\n"
        '        return ctx.tool("double", {"number": 4})\n'
        "    except HostError as fault:\n"
        "        return fault.error_type\n"
    )
    run = await drive(desk, await directive(desk, code))
    assert (run["status"], run["output_summary"]) == ("success", '"tool_failed"')


async def crashed(desk: Desk, place: str) -> int:
    """Leave a run as the engine does that dies while its tool is at work."""
    run_id = await desk.bench.run(await directive(desk))
    with pytest.raises(Abandoned):
        await desk.bench.driver(Abandoning(place)).drive(run_id)  # pyright: ignore[reportArgumentType]
    return run_id


@pytest.mark.req("D109")
async def test_a_call_that_had_ended_is_answered_from_its_own_run(desk: Desk) -> None:
    await desk.box.approved("double", DOUBLE)
    run_id = await crashed(desk, "after_effect")
    (inner,) = await desk.runs()
    assert inner["status"] == "success"
    await desk.bench.driver().drive(run_id)
    row = await desk.bench.row(run_id)
    assert (row["status"], row["output_summary"]) == ("success", "8")
    assert len(await desk.runs()) == 1


async def cut_off(desk: Desk) -> int:
    """Leave a run whose tool had begun when the engine died."""
    run_id = await crashed(desk, "after_effect")
    desk.box.sql(
        "UPDATE runs SET status = 'running', finished_at = NULL, output_summary = NULL"
        " WHERE kind = 'tool'"
    )
    runner = AsyncRunner(desk.bench.ctx, desk.bench.driver(), 1, desk.ended.append)
    await recover(desk.bench.ctx, runner)
    return run_id


@pytest.mark.req("D109")
async def test_a_cut_off_call_of_a_reading_tool_is_made_again(desk: Desk) -> None:
    await desk.box.approved("double", READS + DOUBLE)
    run_id = await cut_off(desk)
    await desk.bench.driver().drive(run_id)
    row = await desk.bench.row(run_id)
    assert (row["status"], row["output_summary"]) == ("success", "8")
    assert [run["status"] for run in await desk.runs()] == ["interrupted", "success"]


@pytest.mark.req("D109")
async def test_a_cut_off_call_that_may_have_done_something_is_never_made_again(
    desk: Desk,
) -> None:
    await desk.box.approved("double", DOUBLE)
    run_id = await cut_off(desk)
    await desk.bench.driver().drive(run_id)
    row = await desk.bench.row(run_id)
    assert row["status"] == "interrupted" and "double" in str(row["reason"])
    assert [run["status"] for run in await desk.runs()] == ["interrupted"]


async def test_many_runs_that_wait_for_tools_never_wait_for_one_another(
    tmp_path: Path, engine_runner_cache: Path
) -> None:
    """More callers than the sandbox may have workers: what they call still finds one."""
    source = 'def run(ctx) -> object:\n    return ctx.tool("double", {"number": 1})\n'
    async with (
        open_sandbox(workers=1, cache=engine_runner_cache, most=2) as sandbox,
        open_workbench(tmp_path, sandbox) as bench,
    ):
        desk = Desk(bench)
        await desk.box.approved("double", DOUBLE)
        await desk.box.approved("outer", source)
        async with asyncio.timeout(60):
            reports = await asyncio.gather(*(desk.call("outer") for _ in range(5)))
    assert [report.result for report in reports] == [2] * 5
