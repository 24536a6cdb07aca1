"""Put a whole release of a directive in force: its text, its code and its rights, or nothing."""

import json
import logging

from aifp.helpers.lifecycle.internal.deploying import (
    Deployment,
    kind_of,
    load_fault,
    note_load_failed,
    require_deployable,
    tell_deployed,
)
from aifp.helpers.lifecycle.internal.directive_releases import (
    Candidate,
    Plan,
    candidate_of,
    release_in_waiting,
    require_open_directive,
    with_its_packages,
)
from aifp.helpers.lifecycle.internal.directive_texts import Text, restore_text, text_of
from aifp.helpers.lifecycle.internal.tool_files import (
    Bytes,
    baseline_of,
    conflicts_between,
    replacing,
    require_no_conflict,
)
from aifp.helpers.shared.deployments import NewDeployment, note_deployment
from aifp.helpers.shared.events import Change, record_event
from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.helpers.shared.whole import whole
from aifp.helpers.user_directives.internal.approvals import approval_of, grant
from aifp.helpers.user_directives.internal.pausing import release_to_run, resolve_pauses
from aifp.helpers.user_directives.internal.transitions import (
    Move,
    move_status,
    subject_of_directive,
)
from aifp.schemas.deploying import Deployed, LoadFailed
from aifp.schemas.errors import AifpError, ApprovalRequired, Conflict
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row, Writer
from aifp.schemas.releases import Release
from aifp.schemas.words import DirectiveStatus

logger = logging.getLogger(__name__)

# What a directive passes on its way to code, when its text was being changed.
STEPS: dict[str, tuple[DirectiveStatus, ...]] = {
    "draft": ("validated", "implemented"),
    "validated": ("implemented",),
}
# In these a directive has been switched on, so that its new code counts as deployed.
SWITCHED_ON = ("active", "paused", "error")


async def put_release_in_force(
    ctx: Ctx, version_id: int, wanted: Deployment, plan: Plan | None = None
) -> Deployed | LoadFailed:
    """Check an approved release, then write files and record in one; what ran before runs until."""
    version = await require_deployable(ctx.directives, version_id)
    candidate = await candidate_of(ctx, version_id, plan)
    release = await release_in_waiting(ctx, candidate)
    fault = await load_fault(ctx, release)
    if fault is not None:
        return await note_load_failed(ctx, version, fault)
    text = await text_of(ctx, candidate) if candidate.is_earlier else None
    backup = await whole(_switch(ctx, candidate, text, wanted))
    ctx.engine.wake()
    await _resume(ctx, candidate.directive_id)
    return Deployed(version_number=int(str(version["version_number"])), backup=backup)


async def _switch(
    ctx: Ctx, candidate: Candidate, text: Text | None, wanted: Deployment
) -> str | None:
    """Write the record and, last of all, the files; return the hash of the main one before."""
    files: Bytes = candidate.files
    async with replacing(ctx, files) as (db, change):
        row = await _unchanged(db, candidate)
        await require_deployable(db, int(str(candidate.version["id"])))
        present = await baseline_of(db, candidate.version["current_version_id"])
        hashes = {path: sha256_of_bytes(data) for path, data in candidate.files.items()}
        require_no_conflict(conflicts_between(present, change.before, hashes))
        release = await _record(ctx, db, candidate, text, row)
        await _note(ctx, db, candidate, release, row, wanted)
        await change.write()
    data = change.before[candidate.plan.implementation_file]
    return None if data is None else sha256_of_bytes(data)


async def _unchanged(db: Writer, candidate: Candidate) -> Row:
    """Return the directive as it is; refuse a release that was made for another version of it."""
    row = await require_open_directive(db, candidate.directive_id)
    if row["version"] != candidate.plan.made_at:
        raise Conflict(
            f"{row['name']} was changed since this release was proposed, nothing was written. "
            "Propose it again."
        )
    return row


async def _record(
    ctx: Ctx, db: Writer, candidate: Candidate, text: Text | None, row: Row
) -> Release:
    """Store text, code and rights as the present ones; refuse what no person approved."""
    now, directive_id = ctx.clock.now(), candidate.directive_id
    if text is not None:
        await restore_text(ctx, db, candidate, text)
    number = int(str(row["version"])) + (1 if candidate.is_earlier else 0)
    await _store_code(ctx, db, candidate, number)
    stored = {
        "permissions_json": candidate.permissions_json,
        "permissions_sha256": candidate.permissions_sha256,
    }
    await db.run("store_permissions", id=directive_id, at=to_text(now), **stored)
    version = {"directive_id": directive_id, "version": number}
    await db.run("store_version_permissions", **version, **stored)
    deps = await with_its_packages(ctx, db, candidate)
    release = candidate.release(deps, number, ctx.sandbox.profile)
    approval_id = await approval_of(ctx, directive_id, release.release_sha256, db)
    if approval_id is None:
        raise ApprovalRequired(
            f"This release of {row['name']} is not approved as it would run now, nothing was "
            f"written. Ask again, or let a person run: aifp approve {row['name']}"
        )
    return release.model_copy(update={"approval_id": approval_id})


async def _store_code(ctx: Ctx, db: Writer, candidate: Candidate, number: int) -> None:
    at, plan, version = to_text(ctx.clock.now()), candidate.plan, candidate.version
    await db.one(
        "store_implementation",
        directive_id=candidate.directive_id,
        directive_version=number,
        artifact_id=version["artifact_id"],
        artifact_version_id=version["id"],
        implementation_file=plan.implementation_file,
        entry_point=plan.entry_point,
        test_file=plan.test_file,
        status="validated" if plan.tests else "draft",
        test_status="passing" if plan.tests else "pending",
        test_source="engine" if plan.tests else None,
        test_results_json=json.dumps([test.wire() for test in plan.tests]),
        generator=plan.generator,
        generated_at=at,
        at=at,
    )
    await db.run(
        "set_code_in_force",
        id=version["artifact_id"],
        version_id=version["id"],
        path=plan.implementation_file,
        at=at,
    )


async def _note(
    ctx: Ctx, db: Writer, candidate: Candidate, release: Release, row: Row, wanted: Deployment
) -> None:
    """Note what is in force now, for the gate, for the history and for people."""
    now, version, directive_id = ctx.clock.now(), candidate.version, candidate.directive_id
    subject = subject_of_directive(row)
    await db.run("set_version_state", id=version["id"], state="approved")
    await db.run("set_version_release", id=version["id"], sha256=release.release_sha256)
    await note_deployment(db, now, await _deployment(ctx, db, candidate, release, wanted))
    await grant(db, release, release.approval_id or 0, now)
    for status in STEPS.get(str(row["status"]), ()):
        move = Move(to=status, actor=ctx.actor, reason="an approved release is back")
        await move_status(db, now, directive_id, move)
    if row["status"] in SWITCHED_ON:
        await db.run("deploy_implementation", id=directive_id, at=to_text(now))
        await db.run("authorize_artifact", id=directive_id, at=to_text(now))
    await resolve_pauses(db, now, subject)
    if candidate.is_earlier:
        change = Change(
            event_type="directive_rolled_back",
            reason=wanted.reason,
            metadata={"to_version": candidate.plan.directive_version},
        )
        await record_event(db, now, subject, ctx.actor, change)
    await tell_deployed(ctx, db, version, release, wanted, "active")


async def _deployment(
    ctx: Ctx, db: Writer, candidate: Candidate, release: Release, wanted: Deployment
) -> NewDeployment:
    text = await db.one(
        "directive_version",
        directive_id=candidate.directive_id,
        version=release.directive_version,
    )
    return NewDeployment(
        artifact_id=int(str(candidate.version["artifact_id"])),
        version_id=int(str(candidate.version["id"])),
        release_sha256=release.release_sha256,
        approval_id=release.approval_id,
        kind=wanted.kind or kind_of(candidate.version),
        actor=ctx.actor,
        reason=wanted.reason,
        directive_version_id=int(str(text["id"])) if text else None,
        auto_rollbacks=wanted.auto_rollbacks,
    )


async def _resume(ctx: Ctx, directive_id: int) -> None:
    """Let a directive go on that the system had paused for want of an approved release."""
    row = await require_open_directive(ctx.directives, directive_id)
    if row["status"] not in ("active", "paused"):
        return
    try:
        await release_to_run(ctx, directive_id)
    except AifpError as refusal:
        logger.info("%s is in force and waits: %s", row["name"], refusal)
