"""Pauses by the system when a release is not what was approved, and the way back."""

import logging
from datetime import datetime

from aifp.helpers.shared.alerts import raise_alert, resolve_alerts
from aifp.helpers.user_directives.internal.approval_text import difference, visible
from aifp.helpers.user_directives.internal.approvals import note_approved, void_approval
from aifp.helpers.user_directives.internal.gate import require_release
from aifp.helpers.user_directives.internal.releases import present_release, registered_code
from aifp.helpers.user_directives.internal.transitions import (
    Move,
    move_status,
    require_directive,
    subject_of_directive,
)
from aifp.schemas.alerts import NewAlert
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError, ApprovalRequired, DependencyMissing, FileMissing
from aifp.schemas.ports import Ctx, Row, Writer
from aifp.schemas.releases import Release
from aifp.schemas.subjects import Subject
from aifp.schemas.words import PauseCause

logger = logging.getLogger(__name__)

CAUSES: dict[type[AifpError], PauseCause] = {
    FileMissing: "file_deleted",
    ApprovalRequired: "approval_void",
    DependencyMissing: "dependency_missing",
}
ALERTS: dict[PauseCause, str] = {
    "file_deleted": "implementation_deleted",
    "approval_void": "approval_void",
    "dependency_missing": "dependency_missing",
}
MAX_DIFF = 4_000


async def release_to_run(ctx: Ctx, directive_id: int) -> Release:
    """Return the approved release; a refusal pauses the directive, a mended one resumes it."""
    try:
        release = await _settled_release(ctx, directive_id)
    except (FileMissing, ApprovalRequired, DependencyMissing) as refusal:
        await _refused(ctx, directive_id, refusal)
        raise
    await _accepted(ctx, release)
    return release


async def _settled_release(ctx: Ctx, directive_id: int) -> Release:
    """Return the release; one that is just being replaced is looked at again once it is there."""
    try:
        return await require_release(ctx, directive_id)
    except (FileMissing, ApprovalRequired):
        # Files and record change in one transaction, the files a moment before its end.
        async with ctx.directives.write():
            pass
    return await require_release(ctx, directive_id)


async def _refused(ctx: Ctx, directive_id: int, refusal: AifpError) -> None:
    row, cause = await require_directive(ctx.directives, directive_id), CAUSES[type(refusal)]
    if not (_is_void(row, cause) or _is_to_pause(row, cause)):
        return
    alert = await _alert(ctx, directive_id, cause, refusal)
    move = Move(to="paused", actor="system", reason=str(refusal), pause_cause=cause)
    now, subject = ctx.clock.now(), subject_of_directive(row)
    async with ctx.directives.write() as db:
        # Read again: a person may have paused it while the release was computed.
        row = await require_directive(db, directive_id)
        if _is_void(row, cause):
            await void_approval(db, now, subject, "system", str(refusal))
        if _is_to_pause(row, cause):
            await move_status(db, now, directive_id, move)
        await raise_alert(db, now, subject, alert)
    logger.warning("%s may not run: %s", subject.name, refusal)


def _is_void(row: Row, cause: PauseCause) -> bool:
    return bool(row["approved"]) and cause != "dependency_missing"


def _is_to_pause(row: Row, cause: PauseCause) -> bool:
    """Say whether a directive fires, or is paused by the system for another cause."""
    if row["status"] == "active":
        return True
    return row["status"] == "paused" and row["pause_cause"] not in (None, "user", cause)


async def _alert(ctx: Ctx, directive_id: int, cause: PauseCause, refusal: AifpError) -> NewAlert:
    return NewAlert(
        severity="critical" if cause == "file_deleted" else "warning",
        code=ALERTS[cause],
        message=str(refusal),
        suggestion=(
            "Bring back what was approved, and it resumes by itself; or take the change in with "
            "user_directive_implement and ask for approval."
        ),
        stats=await _what_changed(ctx, directive_id) if cause == "approval_void" else {},
    )


async def _what_changed(ctx: Ctx, directive_id: int) -> JsonMap:
    """Return which parts differ from the newest approved release, and how the code does."""
    row = await ctx.directives.one("newest_approval", subject_id=str(directive_id))
    try:
        present = await present_release(ctx, directive_id)
    except AifpError:
        return {}
    parts = {
        "directive": present.directive_sha256,
        "code": present.code_sha256,
        "permissions": present.permissions_sha256,
    }
    changed = [name for name, sha256 in parts.items() if row and row[f"{name}_sha256"] != sha256]
    stored = await registered_code(ctx, present.artifact_version_id)
    diff = visible(difference(stored, present.modules))[:MAX_DIFF]
    return {"changed": ", ".join(changed) or "packages or sandbox", "diff": diff}


async def _accepted(ctx: Ctx, release: Release) -> None:
    directive_id = release.directive_id
    row = await require_directive(ctx.directives, directive_id)
    if row["approved"] and not _resumes(row):
        return
    now, subject = ctx.clock.now(), subject_of_directive(row)
    async with ctx.directives.write() as db:
        if _resumes(await require_directive(db, directive_id)):
            move = Move(to="active", actor="system", reason="what was missing is back")
            await move_status(db, now, directive_id, move)
        await note_approved(db, release, release.approval_id or 0, now)
        await resolve_pauses(db, now, subject)
    logger.info("%s may run again", subject.name)


def _resumes(row: Row) -> bool:
    return row["status"] == "paused" and row["pause_cause"] not in (None, "user")


async def resolve_pauses(db: Writer, at: datetime, subject: Subject) -> None:
    """Close the alerts about a release that was not what was approved."""
    for code in ALERTS.values():
        await resolve_alerts(db, at, subject, code)
