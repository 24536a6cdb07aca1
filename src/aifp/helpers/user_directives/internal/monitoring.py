"""Watch runs end, and say where everything stands."""

from aifp.helpers.contract import guarded, internal
from aifp.helpers.shared.outbox import tell_directive
from aifp.helpers.user_directives.internal.status_report import status_report
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx
from aifp.schemas.reports import StatusReport


@internal
async def monitor_directive_execution(ctx: Ctx, directive_id: int) -> None:
    """Look at a directive whose run has ended; trouble in here is logged and stays here.

    Rollup, breaker and alerts move in the transaction that settles the run, and log files
    rotate as they are written; what is left is to keep the newest failure at hand.
    """
    await guarded("monitor_directive_execution", _look(ctx, directive_id))


async def _look(ctx: Ctx, directive_id: int) -> None:
    await _keep_last_error(ctx, directive_id)
    if await ctx.directives.one("first_run_untold", id=directive_id) is not None:
        async with ctx.directives.write() as db:
            await tell_directive(db, ctx.clock.now(), directive_id)


async def _keep_last_error(ctx: Ctx, directive_id: int) -> None:
    row = await ctx.directives.one("newest_failure", directive_id=directive_id)
    if row is None or row["error"] == row["last_error"]:
        return
    async with ctx.directives.write() as db:
        at = to_text(ctx.clock.now())
        await db.run("keep_last_error", id=directive_id, last_error=row["error"], at=at)


@internal
async def get_user_directive_status(ctx: Ctx, name: str | None = None) -> StatusReport:
    """Build the report of where every directive stands, or one."""
    return await status_report(ctx, name)
