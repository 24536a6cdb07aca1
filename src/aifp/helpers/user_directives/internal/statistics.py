"""Numbers from the daily rollups; they survive the deletion of run rows."""

from datetime import date, timedelta

from aifp.helpers.shared.zones import project_zone
from aifp.schemas.common import NotFound
from aifp.schemas.ports import Ctx, Reader
from aifp.schemas.statistics import ExecutionStats, OtherOutcomes


async def stats_of(db: Reader, directive_id: int) -> ExecutionStats | NotFound:
    """Add the rollups of one directive up."""
    row = await db.one("execution_totals", directive_id=directive_id)
    if row is None:
        return NotFound()
    last = await db.one("last_counted_run", subject_id=str(directive_id))
    count = {key: int(str(value)) for key, value in row.items() if key != "name"}
    failed = count["failure"] + count["timeout"]
    total = count["success"] + failed
    return ExecutionStats(
        directive_id=directive_id,
        directive_name=str(row["name"]),
        total_executions=total,
        successful_executions=count["success"],
        failed_executions=failed,
        last_execution=str(last["last_at"]) if last else None,
        last_status=last["last_status"] if last else None,  # pyright: ignore[reportArgumentType]
        average_duration_ms=share(count["sum_duration_ms"], count["timed_runs"], 1),
        success_rate=share(count["success"], total, 2),
        other_outcomes=OtherOutcomes.model_validate(
            {name: count[name] for name in OtherOutcomes.model_fields}
        ),
    )


async def last_days(ctx: Ctx, days: int) -> list[date]:
    """Return so many days of the project's zone up to today."""
    today = ctx.clock.now().astimezone(await project_zone(ctx.project)).date()
    return [today - timedelta(days=ago) for ago in range(days - 1, -1, -1)]


def period_text(days: int) -> str:
    """Return a number of days in words."""
    return f"{days} day{'' if days == 1 else 's'}"


def share(part: int, whole: int, decimals: int) -> float | None:
    """Return the rounded quotient, None where nothing was counted."""
    return round(part / whole, decimals) if whole else None
