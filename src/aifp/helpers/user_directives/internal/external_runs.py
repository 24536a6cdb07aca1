"""Runs that something outside the engine did and tells of afterwards."""

from datetime import timedelta

from aifp.helpers.shared.outbox import tell_directive
from aifp.helpers.shared.zones import project_zone
from aifp.helpers.user_directives.internal.rollups import Counted, add_to_rollups
from aifp.helpers.user_directives.internal.transitions import require_directive
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import ReportedRun

MAX_ERROR = 2_048


async def record_run(ctx: Ctx, directive_id: int, run: ReportedRun) -> int:
    """Keep one finished run and count it, in one transaction; return its id."""
    await require_directive(ctx.directives, directive_id)
    zone, now = await project_zone(ctx.project), ctx.clock.now()
    error = ctx.keyring.redact(run.error_message) if run.error_message else None
    async with ctx.directives.write() as db:
        row = await db.one(
            "record_external_run",
            directive_id=directive_id,
            status=run.status,
            at=to_text(now),
            started_at=to_text(now - timedelta(milliseconds=run.duration_ms or 0)),
            duration_ms=run.duration_ms,
            error_type=None if run.status == "success" else "Reported",
            error_message=error[:MAX_ERROR] if error else None,
        )
        counted = Counted(directive_id, "live", run.status, now, run.duration_ms)
        await add_to_rollups(db, counted, zone)
        await tell_directive(db, now, directive_id)
    return int(str(row["id"])) if row else 0
