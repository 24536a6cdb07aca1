"""Requests to a person and their decisions; only a person's channel writes a decision."""

import hmac
import json
from datetime import datetime, timedelta

from pydantic import JsonValue

from aifp.helpers.shared.deployments import note_directive_deployment
from aifp.helpers.shared.events import Change, record_event
from aifp.helpers.shared.hashing import sha256_of
from aifp.helpers.shared.outbox import tell_directive
from aifp.helpers.user_directives.internal.risks import class_of_release, risk_line
from aifp.helpers.user_directives.internal.transitions import Move, move_status, require_directive
from aifp.schemas.approvals import NewRequest
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import Conflict, InvalidArgument, NoSuch
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Ctx, Reader, Row, Writer
from aifp.schemas.releases import Permission, Release
from aifp.schemas.subjects import Subject
from aifp.schemas.words import Actor, Channel, Decision

# What the keyed checksum covers: a row changed by hand, or copied to another one, is void.
SEALED = (
    "id",
    "subject_kind",
    "subject_id",
    "release_sha256",
    "directive_sha256",
    "code_sha256",
    "permissions_sha256",
    "decision",
    "decided_by",
    "channel",
    "decided_at",
)


async def file_request(ctx: Ctx, request: NewRequest) -> Row:
    """Return the open request for exactly this release, filing it and closing older ones."""
    now, subject = ctx.clock.now(), request.subject
    async with ctx.directives.write() as db:
        open_row = await _open_request(ctx, db, now, request)
        if open_row is None:
            await _add(ctx, db, now, request)
            open_row = await db.one("open_request", kind=subject.kind, subject_id=subject.id)
    return open_row or {}


def request_for(ctx: Ctx, release: Release, text: str) -> NewRequest:
    """Return the request for a yes to exactly this release, in these words."""
    return NewRequest(
        subject=release.owner,
        release_sha256=release.release_sha256,
        directive_sha256=release.directive_sha256,
        code_sha256=release.code_sha256,
        permissions_sha256=release.permissions_sha256,
        text=text,
        expires_at=expiry(ctx),
    )


async def _open_request(ctx: Ctx, db: Writer, now: datetime, request: NewRequest) -> Row | None:
    """Return the request that still waits for exactly this release; others are over."""
    subject, at = request.subject, to_text(now)
    superseded = await db.run(
        "supersede_requests",
        kind=subject.kind,
        subject_id=subject.id,
        release_sha256=request.release_sha256,
        at=at,
    )
    if superseded:
        await record_event(db, now, subject, "system", Change(event_type="approval_superseded"))
    row = await db.one("open_request", kind=subject.kind, subject_id=subject.id)
    if row is not None and not is_unchanged(ctx, row):
        await db.run("withdraw_request", id=row["id"], at=at)
        change = Change(event_type="approval_superseded", reason="its text was changed by hand")
        await record_event(db, now, subject, "system", change)
        return None
    if row is not None and await db.run("expire_request", id=row["id"], now=at):
        await record_event(db, now, subject, "system", Change(event_type="approval_expired"))
        return None
    return row


async def _add(ctx: Ctx, db: Writer, now: datetime, request: NewRequest) -> None:
    await db.run(
        "add_request",
        kind=request.subject.kind,
        subject_id=request.subject.id,
        subject_name=request.subject.name,
        release_sha256=request.release_sha256,
        directive_sha256=request.directive_sha256,
        code_sha256=request.code_sha256,
        permissions_sha256=request.permissions_sha256,
        request_json=json.dumps({"text": request.text, "seal": _seal_of(ctx, request)}),
        requested_by=ctx.actor,
        at=to_text(now),
        expires_at=request.expires_at,
    )
    change = Change(event_type="approval_requested")
    await record_event(db, now, request.subject, ctx.actor, change)


def _seal_of(ctx: Ctx, request: NewRequest) -> str:
    subject = request.subject
    parts = (subject.kind, subject.id, request.release_sha256, request.text)
    return ctx.keyring.seal(sha256_of(list(parts)))


def stored_text(row: Row) -> str:
    """Return the text of a request as it is stored."""
    return str(_kept(row).get("text") or "This request cannot be read.")


def _kept(row: Row) -> JsonMap:
    kept: JsonValue = json.loads(str(row["request_json"]))
    return kept if isinstance(kept, dict) else {}


def is_unchanged(ctx: Ctx, row: Row) -> bool:
    """Say whether a request still reads as it was filed: a person decides by its text."""
    seal = str(_kept(row).get("seal"))
    named = [str(row[key]) for key in ("subject_kind", "subject_id", "release_sha256")]
    wanted = ctx.keyring.seal(sha256_of([*named, stored_text(row)]))
    return hmac.compare_digest(seal.encode(), wanted.encode())


async def decide(
    ctx: Ctx,
    approval_id: int,
    decision: Decision,
    channel: Channel,
    reason: str | None = None,
    release: Release | None = None,
) -> Row:
    """Write a person's decision on an open request, once, with what it grants."""
    if decision not in ("approved", "rejected"):
        raise InvalidArgument(f"{decision!r} is not a decision; say approved or rejected.")
    now = ctx.clock.now()
    async with ctx.directives.write() as db:
        row = require_open(await db.one("approval_by_id", id=approval_id), approval_id, now)
        decided: Row = {
            **row,
            "decision": decision,
            "decided_by": "user",
            "channel": channel,
            "decided_at": to_text(now),
        }
        written = {key: decided[key] for key in ("id", "decision", "channel", "decided_at")}
        await db.run("decide_request", **written, reason=reason, checksum=checksum_of(ctx, decided))
        change = Change(event_type=f"approval_{decision}", reason=reason)
        await record_event(db, now, subject_of(decided), "user", change)
        if release is not None and decision == "approved":
            await grant(db, release, approval_id, now)
    return decided


def require_open(row: Row | None, approval_id: int, now: datetime) -> Row:
    """Refuse an answer to a request that is unknown, answered or expired."""
    if row is None:
        raise NoSuch(f"There is no approval request {approval_id}.")
    if row["decision"] != "pending":
        raise Conflict(f"Request {approval_id} is already {row['decision']}; nothing was changed.")
    if from_text(str(row["expires_at"])) <= now:
        raise Conflict(f"Request {approval_id} expired at {row['expires_at']}. Ask again.")
    return row


def checksum_of(ctx: Ctx, row: Row) -> str:
    """Return the keyed checksum of a decision; the key lies outside the project."""
    return ctx.keyring.seal(sha256_of({key: row[key] for key in SEALED}))


def is_genuine(ctx: Ctx, row: Row) -> bool:
    """Say whether a decision was really written by a person's channel."""
    return hmac.compare_digest(str(row["checksum"]).encode(), checksum_of(ctx, row).encode())


async def approval_of(
    ctx: Ctx, directive_id: int, release_sha256: str, db: Reader | None = None
) -> int | None:
    """Return the genuine approval of exactly this release, or None."""
    return await genuine_yes(ctx, "directive", str(directive_id), release_sha256, db)


async def genuine_yes(
    ctx: Ctx, kind: str, subject_id: str, release_sha256: str, db: Reader | None = None
) -> int | None:
    """Return the decision by which a person said yes to exactly this, or None."""
    rows = await (db or ctx.directives).all(
        "approvals_of_release", kind=kind, subject_id=subject_id, release_sha256=release_sha256
    )
    return next((int(str(row["id"])) for row in rows if is_genuine(ctx, row)), None)


async def grant(db: Writer, release: Release, approval_id: int, at: datetime) -> None:
    """Turn the permissions of an approved release into grants."""
    owner = release.owner
    await db.run("drop_grants", kind=owner.kind, subject_id=owner.id)
    for permission in release.permissions:
        await _add_grant(db, owner, permission, approval_id, at)
    if release.artifact_id is None:
        await note_approved(db, release, approval_id, at)


async def note_approved(db: Writer, release: Release, approval_id: int, at: datetime) -> None:
    """Note that the present release of a directive is the approved one."""
    await db.run(
        "set_release_state",
        directive_id=release.directive_id,
        release_sha256=release.release_sha256,
        approval_id=approval_id,
        at=to_text(at),
    )
    await note_directive_deployment(db, at, release, approval_id or None)
    await tell_directive(db, at, release.directive_id)


async def _add_grant(
    db: Writer, owner: Subject, permission: Permission, approval_id: int, at: datetime
) -> None:
    await db.run(
        "add_grant",
        kind=owner.kind,
        subject_id=owner.id,
        resource=permission.resource,
        value_json=json.dumps(permission.value, sort_keys=True),
        approval_id=approval_id,
        at=to_text(at),
    )


async def void_approval(
    db: Writer, at: datetime, subject: Subject, actor: Actor, reason: str
) -> None:
    """Note that the present release of a directive is not the approved one any more."""
    await db.run("void_release", directive_id=int(subject.id), at=to_text(at))
    change = Change(event_type="approval_void", reason=reason)
    await record_event(db, at, subject, actor, change)


async def revoke(ctx: Ctx, subject: Subject, reason: str | None = None) -> int:
    """Take every approval of a directive back, at once; one that fires stops firing."""
    now, directive_id = ctx.clock.now(), int(subject.id)
    move = Move(to="paused", actor=ctx.actor, reason="revoked", pause_cause="approval_void")
    async with ctx.directives.write() as db:
        row = await require_directive(db, directive_id)
        taken = await db.run(
            "revoke_approvals", kind=subject.kind, subject_id=subject.id, at=to_text(now)
        )
        if taken:
            change = Change(event_type="approval_revoked", reason=reason)
            await record_event(db, now, subject, ctx.actor, change)
        await db.run("void_release", directive_id=directive_id, at=to_text(now))
        await db.run("drop_grants", kind=subject.kind, subject_id=subject.id)
        if row["status"] == "active":
            await move_status(db, now, directive_id, move)
        await tell_directive(db, now, directive_id)
    ctx.engine.wake()
    return taken


async def ask_for_run(ctx: Ctx, run_id: int, release: Release, until: datetime) -> None:
    """File the request for one run of a directive that asks each time."""
    name = release.directive.name
    await file_request(
        ctx,
        NewRequest(
            subject=Subject(kind="run", id=str(run_id), name=name),
            release_sha256=release.release_sha256,
            text=(
                f"Run {run_id} of {name} is due and waits for your yes until {to_text(until)}.\n\n"
                f"Risk: {risk_line(await class_of_release(ctx, release))}\n"
            ),
            expires_at=to_text(until),
        ),
    )


def subject_of(row: Row) -> Subject:
    """Return what an approval row is about."""
    return Subject(
        kind=str(row["subject_kind"]), id=str(row["subject_id"]), name=str(row["subject_name"])
    )


def expiry(ctx: Ctx) -> str:
    """Return when a request filed now expires."""
    return to_text(ctx.clock.now() + timedelta(days=ctx.settings.approval_days))
