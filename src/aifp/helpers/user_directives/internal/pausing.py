"""Pauses by the system when a release is not what was approved, and the way back."""

import logging

from aifp.helpers.shared.alerts import raise_alert, resolve_alerts
from aifp.helpers.user_directives.internal.gate import require_release
from aifp.helpers.user_directives.internal.transitions import (
    Move,
    move_status,
    require_directive,
    subject_of_directive,
)
from aifp.schemas.alerts import NewAlert
from aifp.schemas.errors import AifpError, ApprovalRequired, DependencyMissing, FileMissing
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx
from aifp.schemas.releases import Release
from aifp.schemas.words import PauseCause

logger = logging.getLogger(__name__)

CAUSES: dict[type[AifpError], PauseCause] = {
    FileMissing: "file_deleted",
    ApprovalRequired: "approval_void",
    DependencyMissing: "dependency_missing",
}


async def release_to_run(ctx: Ctx, directive_id: int) -> Release:
    """Return the approved release; a refusal pauses the directive, a mended one resumes it."""
    try:
        release = await require_release(ctx, directive_id)
    except (FileMissing, ApprovalRequired, DependencyMissing) as refusal:
        await _pause(ctx, directive_id, refusal)
        raise
    await _resume(ctx, release)
    return release


async def _pause(ctx: Ctx, directive_id: int, refusal: AifpError) -> None:
    row = await require_directive(ctx.directives, directive_id)
    cause = CAUSES[type(refusal)]
    if row["status"] != "active" and row["pause_cause"] in (None, "user", cause):
        return
    now, subject = ctx.clock.now(), subject_of_directive(row)
    alert = NewAlert(
        severity="critical" if cause == "file_deleted" else "warning",
        code="implementation_deleted" if cause == "file_deleted" else cause,
        message=str(refusal),
        suggestion="Restore what was approved, and it resumes by itself; or approve what is new.",
    )
    move = Move(to="paused", actor="system", reason=str(refusal), pause_cause=cause)
    async with ctx.directives.write() as db:
        await move_status(db, now, directive_id, move)
        if cause != "dependency_missing":
            await db.run("void_release", directive_id=directive_id, at=to_text(now))
        await raise_alert(db, now, subject, alert)
    logger.warning("%s paused: %s", subject.name, refusal)


async def _resume(ctx: Ctx, release: Release) -> None:
    directive_id = release.directive_id
    row = await require_directive(ctx.directives, directive_id)
    if row["status"] != "paused" or row["pause_cause"] in (None, "user"):
        return
    now, subject = ctx.clock.now(), subject_of_directive(row)
    async with ctx.directives.write() as db:
        await move_status(db, now, directive_id, Move(to="active", actor="system"))
        await db.run(
            "set_release_state",
            directive_id=directive_id,
            release_sha256=release.release_sha256,
            approved=1,
            approval_id=release.approval_id,
            at=to_text(now),
        )
        for code in ("implementation_deleted", *CAUSES.values()):
            await resolve_alerts(db, now, subject, code)
