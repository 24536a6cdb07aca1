"""Ask a person about one release, through the client or with a command for the terminal."""

import json

from aifp.helpers.user_directives.internal.approval_text import approval_text
from aifp.helpers.user_directives.internal.approvals import (
    approval_of,
    decide,
    expiry,
    file_request,
    grant,
)
from aifp.helpers.user_directives.internal.releases import present_release, release_row
from aifp.schemas.approvals import Approved, NewRequest, PendingDecision
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import ApprovalRejected, Conflict, InvalidTransition, NoSuch
from aifp.schemas.ports import Ctx, HumanAnswer, Row
from aifp.schemas.releases import Release
from aifp.schemas.subjects import Subject
from aifp.schemas.words import Channel, Decision

APPROVABLE = ("implemented", "active", "paused", "error")
SCHEMA: JsonMap = {
    "type": "object",
    "properties": {
        "approve": {"type": "boolean", "title": "Approve exactly this release"},
    },
    "required": ["approve"],
}


async def ask_approval(
    ctx: Ctx, directive_id: int, reason: str | None = None
) -> Approved | PendingDecision:
    """Ask the person; done nothing twice, so the call may be repeated with the answer."""
    release, row = await _approvable(ctx, directive_id)
    known = await approval_of(ctx, directive_id, release.release_sha256)
    if known is not None:
        await _settle(ctx, release, known)
        return Approved(approval_id=known)
    text = await approval_text(ctx, release, row)
    approval_id = await file_request(ctx, _request(ctx, release, text, reason))
    answer = await ctx.door.ask(f"approve-{approval_id}", text, SCHEMA)
    return await _take(ctx, release, approval_id, answer)


async def _approvable(ctx: Ctx, directive_id: int) -> tuple[Release, Row]:
    row = await release_row(ctx, directive_id)
    if row["status"] not in APPROVABLE:
        raise InvalidTransition(
            f"{row['name']} is {row['status']}. Validate and implement it before approval."
        )
    return await present_release(ctx, directive_id), row


def _request(ctx: Ctx, release: Release, text: str, reason: str | None) -> NewRequest:
    name = release.directive.name
    return NewRequest(
        subject=Subject(kind="directive", id=str(release.directive_id), name=name),
        release_sha256=release.release_sha256,
        directive_sha256=release.directive_sha256,
        code_sha256=release.code_sha256,
        permissions_sha256=release.permissions_sha256,
        text=f"{text}\nThe assistant says: {reason}\n" if reason else text,
        expires_at=expiry(ctx),
    )


async def _take(
    ctx: Ctx, release: Release, approval_id: int, answer: HumanAnswer
) -> Approved | PendingDecision:
    name = release.directive.name
    match answer.action:
        case "accept" if answer.content.get("approve") is True:
            await decide_release(ctx, approval_id, "approved", "elicitation")
            return Approved(approval_id=approval_id)
        case "accept" | "decline":
            await decide_release(ctx, approval_id, "rejected", "elicitation")
            raise ApprovalRejected(f"The person declined {name}. Nothing was approved.")
        case "cancel" | "unavailable":
            return PendingDecision(approval_id=approval_id, command=f"aifp approve {name}")


async def decide_release(
    ctx: Ctx,
    approval_id: int,
    decision: Decision,
    channel: Channel,
    reason: str | None = None,
) -> Row:
    """Write a person's decision and, for a directive, grant what was approved.

    Only the elicitation answer and the command line come here; no tool does.
    """
    row = await ctx.directives.one("approval_by_id", id=approval_id)
    if row is None:
        raise NoSuch(f"There is no approval request {approval_id}.")
    release = None
    if row["subject_kind"] == "directive" and decision == "approved":
        release = await present_release(ctx, int(str(row["subject_id"])))
        if release.release_sha256 != row["release_sha256"]:
            raise Conflict(f"{row['subject_name']} changed since it was shown. Ask again.")
    decided = await decide(ctx, approval_id, decision, channel, reason)
    if release is not None:
        await _settle(ctx, release, approval_id)
    ctx.engine.wake()
    return decided


async def _settle(ctx: Ctx, release: Release, approval_id: int) -> None:
    async with ctx.directives.write() as db:
        await grant(db, release, approval_id, ctx.clock.now())


def request_text(row: Row) -> str:
    """Return the text of a request as it was shown."""
    return str(json.loads(str(row["request_json"]))["text"])
