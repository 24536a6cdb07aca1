"""Numbers across all directives: days from the daily totals, hours from the runs."""

import json
from collections import Counter
from datetime import timedelta

from aifp.helpers.user_directives.internal.statistics import last_days, period_text, share
from aifp.schemas.analytics import (
    DependencyReport,
    ErrorDirective,
    ErrorReport,
    ExecutionCount,
    ExecutionSummary,
    FailingDirective,
    FailureCount,
    HealthSummary,
    MissingDependency,
)
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row

HEALTH_DAYS = 30
DAY = timedelta(hours=24)
TOP = 5


async def health_summary(ctx: Ctx) -> HealthSummary:
    """Report how all directives together are."""
    db = ctx.directives
    rows = await db.all("status_counts", name=None)
    count = {str(row["status"]): int(str(row["directives"])) for row in rows}
    totals = await _totals(ctx, HEALTH_DAYS)
    ran = await db.one("executions_since", since=_a_day_ago(ctx))
    failing = await _failing(ctx)
    missing = await db.all("dependencies", directive_id=None, dependency_type=None, missing=1)
    return HealthSummary(
        total_directives=sum(count.values()) - count.get("archived", 0),
        active_directives=count.get("active", 0),
        paused_directives=count.get("paused", 0),
        error_directives=count.get("error", 0),
        overall_success_rate=_success_rate(totals),
        total_executions_24h=int(str(ran["executions"])) if ran else 0,
        failing_directives=[
            FailingDirective.model_validate(
                {key: row[key] for key in FailingDirective.model_fields}
            )
            for row in failing
        ],
        missing_dependencies=len(missing),
        failing_tests=len(await db.all("failing_tests")),
    )


async def execution_summary(ctx: Ctx, days: int) -> ExecutionSummary:
    """Report how the last days went, today included."""
    first = await _first_day(ctx, days)
    totals = await _totals(ctx, days)
    ran = await ctx.directives.all("most_executed", first=first, most=TOP)
    failed = await ctx.directives.all("most_failures", first=first, most=TOP)
    return ExecutionSummary(
        period=period_text(days),
        total_executions=totals["success"] + totals["failed"],
        success_rate=_success_rate(totals),
        average_duration_ms=share(totals["sum_duration_ms"], totals["timed_runs"], 1),
        most_executed=[ExecutionCount.model_validate(dict(row)) for row in ran],
        most_failures=[FailureCount.model_validate(dict(row)) for row in failed],
    )


async def error_report(ctx: Ctx) -> ErrorReport:
    """Report every directive that was stopped after failures."""
    stopped = [row for row in await _failing(ctx) if row["status"] == "error"]
    found = [
        ErrorDirective.model_validate(
            {
                **{key: value for key, value in row.items() if key != "error_count"},
                "error_count_24h": row["error_count"],
            }
        )
        for row in stopped
    ]
    return ErrorReport(error_directives=found, count=len(found))


async def dependency_report(ctx: Ctx) -> DependencyReport:
    """Report what all directives need; a thing is installed when it is for each of them."""
    rows = await ctx.directives.all("things_needed")
    missing = [row for row in rows if not row["is_installed"]]
    return DependencyReport(
        total_dependencies=len(rows),
        installed=len(rows) - len(missing),
        missing=len(missing),
        by_type=dict(Counter(str(row["dependency_type"]) for row in rows)),
        missing_list=[
            MissingDependency(
                name=str(row["name"]), required_by=sorted(json.loads(str(row["required_by"])))
            )
            for row in missing
        ],
    )


async def _failing(ctx: Ctx) -> list[Row]:
    return await ctx.directives.all("failing_directives", since=_a_day_ago(ctx))


def _a_day_ago(ctx: Ctx) -> str:
    return to_text(ctx.clock.now() - DAY)


async def _first_day(ctx: Ctx, days: int) -> str:
    return (await last_days(ctx, days))[0].isoformat()


async def _totals(ctx: Ctx, days: int) -> dict[str, int]:
    rows = await ctx.directives.all("totals_by_day", first=await _first_day(ctx, days))
    words = ("success", "failed", "timed_runs", "sum_duration_ms")
    return {word: sum(int(str(row[word])) for row in rows) for word in words}


def _success_rate(totals: dict[str, int]) -> float | None:
    return share(totals["success"], totals["success"] + totals["failed"], 2)
