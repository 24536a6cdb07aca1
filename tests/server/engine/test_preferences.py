"""Preferences act in the engine, and only to narrow what was approved."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from aifp.helpers.project.tools.preference_tools import set_directive_preference, set_user_setting
from aifp.schemas.ports import Ctx
from aifp.schemas.preferences import PreferenceSet
from aifp.server.engine.logs import log_of_run
from tests.helpers.user_directives.engines import RecordingEngine
from tests.server.engine.test_admission import HOUR, MINUTE, due_runs
from tests.server.engine.watchhouse import Watchhouse, every, open_watchhouse
from tests.server.engine.workbench import Workbench

FOR_EVER = """
def execute_night_light(ctx):
    while True:
        pass
"""
QUICK = """
def execute_quick(ctx):
    return {}
"""
FAILS = """
def execute_night_light(ctx):
    ctx.log("info", "trying")
    raise ValueError("no luck")
"""


async def prefer(ctx: Ctx, name: str, key: str, value: JsonValue) -> None:
    """Set a preference as the tool does; the engine of the test looks when the test says so."""
    answer = await set_directive_preference(
        replace(ctx, engine=RecordingEngine()), name, key, value
    )
    assert isinstance(answer, PreferenceSet), answer


async def want(ctx: Ctx, key: str, value: JsonValue) -> None:
    answer = await set_user_setting(replace(ctx, engine=RecordingEngine()), key, value)
    assert isinstance(answer, PreferenceSet), answer


async def come_due(house: Watchhouse, count: int) -> list[int]:
    """Let a directive of every minute come due so often and return its runs."""
    for _ in range(count):
        await house.pass_time(60)
    return [row["id"] for row in house.runs()]


async def validated(house: Watchhouse) -> None:
    """Let the tools know the directives of the house as validated."""
    house.write("UPDATE user_directives SET canonical_sha256 = 'c'")
    await house.look()


@pytest.mark.req("D76")
@pytest.mark.parametrize(("approved_s", "preferred_s"), [(1, 300), (60, 1)])
async def test_a_run_ends_after_the_shorter_of_approved_and_preferred_time(
    bench: Workbench, approved_s: float, preferred_s: float
) -> None:
    # A first run warms the sandbox up, so that the short time is spent in the code.
    await bench.driver().drive(await bench.run(await bench.directive(QUICK, name="quick")))
    release = await bench.directive(FOR_EVER, policies={"timeout_ms": round(approved_s * 1000)})
    await prefer(bench.ctx, "night_light", "execution.timeout_s", preferred_s)
    run_id = await bench.run(release, "due-2")
    driven = await bench.driver().drive(run_id)
    assert driven.status == "timeout"
    assert (await bench.row(run_id))["status"] == "timeout"


@pytest.mark.req("D76")
@pytest.mark.parametrize(("preferred", "begun"), [(300, 60_000), (30, 30_000)])
async def test_60_s_approved_are_60_s_at_300_s_preferred_and_30_s_at_30_s(
    bench: Workbench, preferred: float, begun: int
) -> None:
    release = await bench.directive(FOR_EVER)
    await prefer(bench.ctx, "night_light", "execution.timeout_s", preferred)
    job = await the_job(bench, await bench.run(release))
    assert job.limits.wall_ms == begun


class Peeked(BaseException):
    """The job has been seen."""


async def the_job(bench: Workbench, run_id: int) -> Any:
    """Return the job that a drive of this run hands to the sandbox."""
    seen: list[Any] = []

    class Peeking:
        def profile(self, packages: object = ()) -> str:
            return bench.ctx.sandbox.profile()

        async def run(self, job: Any, host: Any = None) -> Any:
            seen.append(job)
            raise Peeked

    ctx = replace(bench.ctx, sandbox=Peeking())  # pyright: ignore[reportArgumentType]
    bench.kit = replace(bench.kit, ctx=ctx)
    with pytest.raises(Peeked):
        await bench.driver().drive(run_id)
    return seen[0]


@pytest.mark.req("D76")
@pytest.mark.parametrize(("preferred", "most"), [("2/hour", 2), ("9/hour", 3), ("2/day", 2)])
async def test_the_stricter_rate_holds(tmp_path: Path, preferred: str, most: int) -> None:
    async with open_watchhouse(tmp_path) as house:
        limit = {"runs": 3, "per_ms": HOUR}
        await house.add("a", when=[every(MINUTE)], policies={"limit": limit})
        await validated(house)
        await prefer(house.ctx, "a", "execution.rate_limit", preferred)
        for run in await come_due(house, 5):
            if await house.admit(run):
                await house.finish(run)
        told = ["success"] * most + ["skipped(rate_limited)"] * (5 - most)
        assert house.told() == told


@pytest.mark.req("D76")
@pytest.mark.parametrize(
    ("key", "value", "begun"),
    [
        ("execution.overlap", "single", 1),
        ("execution.max_concurrency", 2, 2),
        ("execution.max_concurrency", 9, 3),
        ("execution.overlap", "parallel", 3),
    ],
)
async def test_fewer_runs_at_once_are_begun_where_that_is_preferred(
    tmp_path: Path, key: str, value: JsonValue, begun: int
) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("a", when=[every(MINUTE)], policies={"mode": "parallel", "max": 3})
        await validated(house)
        await prefer(house.ctx, "a", key, value)
        admitted = 0
        for run in await come_due(house, 4):
            if await house.admit(run):
                await house.begin(run)
                admitted += 1
        assert admitted == begun
        assert house.told()[begun:] == ["skipped(overlap)"] * (4 - begun)


@pytest.mark.req("D76")
async def test_a_question_before_each_run_is_added_by_a_setting(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        (run,) = await due_runs(house, "a", 1)
        await want(house.ctx, "approval.each_run", True)
        assert not await house.admit(run)
        assert house.told() == ["waiting_for_approval(waiting for approval)"]
        asked = house.rows("SELECT subject_kind, decision FROM approvals")
        assert asked == [{"subject_kind": "run", "decision": "pending"}]


@pytest.mark.req("D76")
@pytest.mark.parametrize(
    ("preferred", "told"),
    [("none", ["missed"] * 2), ("all", ["missed", "queued"])],
)
async def test_what_was_missed_is_caught_up_no_further_than_preferred(
    tmp_path: Path, preferred: str, told: list[str]
) -> None:
    async with open_watchhouse(tmp_path) as house:
        rule = {"policy": "last", "within_ms": HOUR, "max": None}
        await house.add("a", when=[every(15 * MINUTE)], policies={"catch_up": rule})
        await validated(house)
        await prefer(house.ctx, "a", "execution.catch_up", preferred)
        await house.look()
        await house.clock.advance(32 * 60)
        await house.turn()
        assert [row["status"] for row in house.runs()] == told


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in folder.glob("*") for line in file.read_text().splitlines()]


@pytest.mark.req("D77")
@pytest.mark.parametrize("by", ["setting", "preference", "row"])
async def test_tracking_switched_off_leaves_failures_and_nothing_else(
    bench: Workbench, by: str
) -> None:
    release = await bench.directive(FAILS)
    key = "logging.execution_tracking"
    match by:
        case "setting":
            await want(bench.ctx, key, False)
        case "preference":
            await prefer(bench.ctx, "night_light", key, False)
        case _:
            async with bench.ctx.preferences.write() as db:
                at = "2026-01-01T00:00:00.000Z"
                await db.run("switch_execution_tracking", enabled=0, at=at)
    silent = await bench.run(release)
    await bench.driver().drive(silent)
    logs = bench.project / ".aifp-project" / "logs"
    assert not (logs / "execution").exists()
    assert [line["run_id"] for line in lines(logs / "errors")] == [silent]
    assert (await bench.row(silent))["status"] == "failure"
    await want(bench.ctx, key, True)
    await prefer(bench.ctx, "night_light", key, True)
    again = await bench.run(release, "due-2")
    await bench.driver().drive(again)
    assert {line["run_id"] for line in lines(logs / "execution")} == {again}


@pytest.mark.req("D77")
async def test_a_run_that_nobody_drives_heeds_what_is_preferred_for_its_directive(
    bench: Workbench,
) -> None:
    await bench.directive(FAILS)
    await prefer(bench.ctx, "night_light", "logging.execution_tracking", False)
    quiet = await log_of_run(bench.ctx, bench.kit.logs, 1, "night_light")
    assert await quiet.tell("skipped", reason="overlap") is None
    await quiet.failure("Fault", "told all the same", None)
    other = await log_of_run(bench.ctx, bench.kit.logs, 2, "porch_light")
    assert await other.tell("skipped", reason="overlap") is not None
    logs = bench.project / ".aifp-project" / "logs"
    assert [line["run_id"] for line in lines(logs / "errors")] == [1]
    assert [line["run_id"] for line in lines(logs / "execution")] == [2]
