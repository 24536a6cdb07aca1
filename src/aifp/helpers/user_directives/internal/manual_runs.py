"""Run a directive because somebody said so, for real or dry."""

from datetime import datetime

from aifp.helpers.user_directives.internal.directive_rows import id_of
from aifp.helpers.user_directives.internal.gate import require_approval
from aifp.helpers.user_directives.internal.pausing import release_to_run
from aifp.helpers.user_directives.internal.transitions import require_directive
from aifp.schemas.common import JsonMap, Record
from aifp.schemas.errors import ApprovalRequired, InvalidArgument, InvalidTransition
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import RunReport, RunRequest

RUNNABLE = ("implemented", "active", "paused", "error")


class RunWish(Record):
    """How a run by hand is wanted; `at` sets the clock the code sees in a dry run."""

    dry_run: bool
    input: JsonMap
    at: datetime | None


async def run_by_hand(ctx: Ctx, name: str, wish: RunWish) -> RunReport:
    """Start a run behind the gate, or play a dry one; code without approval gets stubs only."""
    directive_id = await id_of(ctx, name)
    row = await require_directive(ctx.directives, directive_id)
    if row["status"] not in RUNNABLE:
        raise InvalidTransition(f"{name} is {row['status']}; implement it before it can run.")
    if wish.at is not None and not wish.dry_run:
        raise InvalidArgument("`at` sets the clock of a dry run only; add dry_run=true.")
    if not wish.dry_run:
        await release_to_run(ctx, directive_id)
    request = RunRequest(
        directive_id=directive_id,
        dry_run=wish.dry_run,
        stubs_only=wish.dry_run and not await _is_approved(ctx, directive_id),
        input=wish.input,
        at=wish.at,
    )
    await ctx.door.progress(0, 1, f"{name}: the run begins")
    report = await ctx.engine.run_now(request)
    await ctx.door.progress(1, 1, f"{name}: {report.status}")
    return report


async def _is_approved(ctx: Ctx, directive_id: int) -> bool:
    try:
        await require_approval(ctx, directive_id)
    except ApprovalRequired:
        return False
    return True
