"""How the days of a period went, from the daily totals."""

from collections.abc import Sequence
from datetime import date

from aifp.helpers.user_directives.internal.statistics import last_days, period_text, share
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.statistics import DayStats, ExecutionTrends


async def trends_of(ctx: Ctx, days: int) -> ExecutionTrends:
    """Report the last days, today included, each one counted or zero."""
    period = await last_days(ctx, days)
    first = period[0].isoformat()
    rows = await ctx.directives.all("totals_by_day", first=first)
    busiest = await ctx.directives.one("most_executed", first=first, most=1)
    by_day = {str(row["day"]): row for row in rows}
    stats = [_day(day, by_day.get(day.isoformat())) for day in period]
    return ExecutionTrends(
        period=period_text(days),
        daily_stats=stats,
        trending_up=is_rising([day.total_executions for day in stats]),
        most_active_directive=str(busiest["directive"]) if busiest else None,
    )


def is_rising(totals: Sequence[int]) -> bool:
    """Say whether the later half has more than the earlier one; a middle day counts for neither."""
    half = len(totals) // 2
    return sum(totals[len(totals) - half :]) > sum(totals[:half])


def _day(day: date, row: Row | None) -> DayStats:
    words = ("success", "failed", "timed_runs", "sum_duration_ms")
    count = {word: int(str(row[word])) if row else 0 for word in words}
    total = count["success"] + count["failed"]
    return DayStats(
        date=day.isoformat(),
        total_executions=total,
        success_rate=share(count["success"], total, 2),
        average_duration_ms=share(count["sum_duration_ms"], count["timed_runs"], 1),
    )
