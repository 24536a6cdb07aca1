"""After a start: take up the runs that were being driven when the engine ended."""

from aifp.schemas.instants import from_text
from aifp.schemas.ports import Ctx, Row
from aifp.server.engine.driving.closing import end_open_run
from aifp.server.engine.driving.endings import Ending, interrupted
from aifp.server.engine.driving.runner import AsyncRunner
from aifp.server.engine.driving.tool_runs import CLOSING
from aifp.server.engine.starting.claims import STOPPED, is_stopped
from aifp.server.engine.starting.dispatch import lock_of


async def recover(ctx: Ctx, runner: AsyncRunner) -> int:
    """Submit every run that was begun and not ended; return how many.

    Runs that wait keep their time. Runs that were never begun, or that wait for a person, are the
    dispatcher's. Neither a dry run nor the call of a tool is resumed: nobody waits for its end any
    more; code that made such a call looks up what became of it. While everything is stopped
    nothing goes on: the engine may have died before it had ended what ran.
    """
    rows = await ctx.directives.all("runs_to_recover")
    stopped = await is_stopped(ctx.directives)
    for row in rows:
        if stopped:
            await end_open_run(ctx, int(row["id"] or 0), Ending("cancelled", STOPPED))
        else:
            await _take_up(ctx, runner, row)
    return len(rows)


async def _take_up(ctx: Ctx, runner: AsyncRunner, row: Row) -> None:
    run_id = int(row["id"] or 0)
    if row["kind"] == "tool":
        await end_open_run(ctx, run_id, interrupted(CLOSING))
        return
    if row["mode"] != "live":
        await end_open_run(ctx, run_id, interrupted("the engine ended during the dry run"))
        return
    wake = from_text(str(row["wake_at"])) if row["wake_at"] else None
    runner.submit(run_id, int(row["priority"] or 0), lock_of(row), wake)
