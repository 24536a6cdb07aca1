"""How the days of a period went, from the daily totals."""

from collections.abc import Sequence
from datetime import date, timedelta

from aifp.helpers.shared.zones import project_zone
from aifp.helpers.user_directives.internal.statistics import share
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.statistics import DayStats, ExecutionTrends


async def trends_of(ctx: Ctx, days: int) -> ExecutionTrends:
    """Report the last days, today included, each one counted or zero."""
    today = ctx.clock.now().astimezone(await project_zone(ctx.project)).date()
    period = [today - timedelta(days=ago) for ago in range(days - 1, -1, -1)]
    rows = await ctx.directives.all("totals_by_day", first=period[0].isoformat())
    busiest = await ctx.directives.one("most_active_directive", first=period[0].isoformat())
    by_day = {str(row["day"]): row for row in rows}
    stats = [_day(day, by_day.get(day.isoformat())) for day in period]
    return ExecutionTrends(
        period=f"{days} day{'' if days == 1 else 's'}",
        daily_stats=stats,
        trending_up=is_rising([day.total_executions for day in stats]),
        most_active_directive=str(busiest["name"]) if busiest else None,
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
