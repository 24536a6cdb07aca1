"""Reports about directives that the real engine ran, stopped and skipped."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aifp.helpers.user_directives.tools.analytics_tools import (
    get_directive_health_summary,
    get_error_directives,
    get_execution_summary,
)
from aifp.helpers.user_directives.tools.execution_tools import get_execution_stats
from aifp.schemas.analytics import ErrorReport, ExecutionSummary, HealthSummary
from aifp.schemas.statistics import ExecutionStats
from aifp.schemas.words import RunStatus
from aifp.server.engine.starting.openings import Unstarted, close_unstarted
from tests.server.engine.watchhouse import STEPS, Watchhouse, every, open_watchhouse


async def fail(house: Watchhouse, times: int) -> None:
    for _ in range(times):
        await house.pass_time(60)
        runs = [run for run in house.runs("a") if run["trigger_source"] != "system"]
        await house.finish(runs[-1]["id"], "failure")


@pytest.mark.req("D34")
async def test_a_directive_that_tripped_its_breaker_is_told_with_five_errors(
    tmp_path: Path,
) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("b", when=[every(3_600_000)])
        await house.add("a", when=[every(60_000)], policies={"on_failure": STEPS})
        await fail(house, 4)
        assert await get_error_directives(house.ctx) == ErrorReport(error_directives=[], count=0)
        await fail(house, 1)
        newest = house.runs("a")[-1]["finished_at"]
        report = await get_error_directives(house.ctx)
        assert isinstance(report, ErrorReport)
        (row,) = report.error_directives
        assert (row.name, row.status, row.error_count_24h) == ("a", "error", 5)
        assert str(row.last_error).startswith("breaker")
        assert row.last_execution == newest
        assert report.count == 1
        # The step that tells of the failure may fail as well: it is none of the five.
        notice = house.value("SELECT id FROM runs WHERE trigger_source = 'system'")
        await house.finish(notice, "failure")
        again = await get_error_directives(house.ctx)
        assert isinstance(again, ErrorReport)
        assert again.error_directives[0].error_count_24h == 5
        health = await get_directive_health_summary(house.ctx)
        assert isinstance(health, HealthSummary)
        assert (health.total_executions_24h, health.overall_success_rate) == (5, 0.0)
        assert [one.name for one in health.failing_directives] == ["a"]
        assert (health.error_directives, health.active_directives) == (1, 1)


@pytest.mark.req("D11", "D104")
@pytest.mark.parametrize("outcome", ["success", "failure"])
async def test_steps_that_tell_of_a_failure_are_no_execution(
    tmp_path: Path, outcome: RunStatus
) -> None:
    async with open_watchhouse(tmp_path) as house:
        directive_id = await house.add(
            "a", when=[every(60_000)], policies={"on_failure": STEPS, "on_recovery": STEPS}
        )
        await fail(house, 1)
        notice = house.value("SELECT id FROM runs WHERE trigger_source = 'system'")
        await house.finish(notice, outcome)
        stats = await get_execution_stats(house.ctx, directive_id)
        assert isinstance(stats, ExecutionStats)
        assert (stats.total_executions, stats.failed_executions) == (1, 1)
        summary = await get_execution_summary(house.ctx)
        assert isinstance(summary, ExecutionSummary)
        assert (summary.total_executions, summary.success_rate) == (1, 0.0)


@pytest.mark.req("D11", "D104")
async def test_steps_that_tell_of_a_failure_and_never_start_are_not_counted(
    tmp_path: Path,
) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("a", when=[every(60_000)], policies={"on_failure": STEPS})
        await fail(house, 1)
        notice = house.value("SELECT id FROM runs WHERE trigger_source = 'system'")
        ended = Unstarted("skipped", "stopped")
        async with house.ctx.directives.write() as w:
            assert await close_unstarted(w, notice, ended, house.clock.now(), ZoneInfo("UTC"))
        assert house.rows("SELECT DISTINCT failure, skipped FROM run_daily") == [
            {"failure": 1, "skipped": 0}
        ]


@pytest.mark.req("D11", "D34")
async def test_what_was_skipped_is_not_the_last_execution(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        directive_id = await house.add("a", when=[every(60_000)])
        await fail(house, 5)
        ended = house.runs("a")[-1]["finished_at"]
        await house.pass_time(60)
        assert house.told()[-1] == "skipped(breaker)"
        stats = await get_execution_stats(house.ctx, directive_id)
        assert isinstance(stats, ExecutionStats)
        assert (stats.last_status, stats.last_execution) == ("failure", ended)
        report = await get_error_directives(house.ctx)
        assert isinstance(report, ErrorReport)
        assert report.error_directives[0].last_execution == ended
        summary = await get_execution_summary(house.ctx)
        assert isinstance(summary, ExecutionSummary)
        assert (summary.total_executions, summary.success_rate) == (5, 0.0)
        assert [one.model_dump() for one in summary.most_failures] == [
            {"directive": "a", "failure_count": 5}
        ]
