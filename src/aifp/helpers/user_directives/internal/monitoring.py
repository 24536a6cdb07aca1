"""Watch runs end, and say where everything stands."""

from aifp.helpers.contract import internal
from aifp.helpers.user_directives.internal.breaker import Move, count_outcome
from aifp.helpers.user_directives.internal.status_report import status_report
from aifp.schemas.ports import Ctx
from aifp.schemas.reports import StatusReport
from aifp.schemas.words import RunStatus


@internal
async def monitor_directive_execution(ctx: Ctx, directive_id: int, outcome: RunStatus) -> Move:
    """Count an ended run: failures in a row, breaker, alerts; the rollup moved with the run."""
    async with ctx.directives.write() as db:
        return await count_outcome(
            db, ctx.clock.now(), directive_id, outcome, ctx.settings.breaker_threshold
        )


@internal
async def get_user_directive_status(ctx: Ctx, name: str | None = None) -> StatusReport:
    """Build the report of where every directive stands, or one."""
    return await status_report(ctx, name)
