"""Ask a person about one release, through the client or with a command for the terminal."""

import logging
import shlex
from collections.abc import Awaitable, Callable

from aifp.helpers.user_directives.internal.approval_text import approval_text, quoted
from aifp.helpers.user_directives.internal.approvals import (
    approval_of,
    decide,
    file_request,
    grant,
    is_unchanged,
    request_for,
    require_open,
    stored_text,
)
from aifp.helpers.user_directives.internal.pausing import release_to_run
from aifp.helpers.user_directives.internal.releases import (
    present_release,
    registered_code,
    release_row,
)
from aifp.schemas.approvals import Approved, PendingDecision
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError, ApprovalRejected, Conflict, InvalidTransition, NoSuch
from aifp.schemas.ports import Ctx, HumanAnswer, Row
from aifp.schemas.releases import Release
from aifp.schemas.words import Channel, Decision

logger = logging.getLogger(__name__)

# Writes a decision, and does what follows from it: (ctx, approval id, decision, channel).
Decide = Callable[[Ctx, int, Decision, Channel], Awaitable[Row]]
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
        await _settle_known(ctx, release, row, known)
        return Approved(approval_id=known)
    text = await approval_text(ctx, release, row) + quoted(reason)
    return await put_request(ctx, await file_request(ctx, request_for(ctx, release, text)))


async def ask_for_waiting_run(ctx: Ctx, run_id: str) -> Approved | PendingDecision:
    """Ask the person about a run that waits for a yes of its own."""
    row = await ctx.directives.one("open_request", kind="run", subject_id=run_id)
    if row is None:
        raise NoSuch(f"No run {run_id!r} waits for an answer; see get_pending_approvals.")
    return await put_request(ctx, row)


async def put_request(
    ctx: Ctx, request: Row, decide_it: Decide | None = None
) -> Approved | PendingDecision:
    """Put a stored request to the person, in the very words that are stored."""
    approval_id = int(str(request["id"]))
    answer = await _said(ctx, f"approve-{approval_id}", request_text(ctx, request))
    row = await ctx.directives.one("approval_by_id", id=approval_id)
    if row is None:
        raise NoSuch(f"There is no approval request {approval_id}.")
    return await _take(ctx, row, answer, decide_it or decide_release)


async def _said(ctx: Ctx, key: str, text: str) -> HumanAnswer:
    """Return the answer to a form; no form is a decision where that needs a passphrase."""
    if not ctx.keyring.needs_passphrase():
        answer = await ctx.door.ask(key, text, SCHEMA)
        # It may have been set while the form was open.
        if not ctx.keyring.needs_passphrase():
            return answer
    return HumanAnswer(action="unavailable")


async def _approvable(ctx: Ctx, directive_id: int) -> tuple[Release, Row]:
    row = await release_row(ctx, directive_id)
    if row["status"] not in APPROVABLE:
        raise InvalidTransition(
            f"{row['name']} is {row['status']}. Validate and implement it before approval."
        )
    release = await present_release(ctx, directive_id)
    await _require_registered(ctx, release)
    return release, row


async def _require_registered(ctx: Ctx, release: Release) -> None:
    """Refuse code on disk that no check has seen: a person approves what was tested."""
    if release.modules != await registered_code(ctx, release.artifact_version_id):
        raise Conflict(
            f"The code of {release.directive.name} on disk was changed by hand. Take it in with "
            "user_directive_implement and `code`, or restore the file; then ask again."
        )


async def _take(
    ctx: Ctx, row: Row, answer: HumanAnswer, decide_it: Decide
) -> Approved | PendingDecision:
    approval_id, name = int(str(row["id"])), str(row["subject_name"])
    match answer.action:
        case "accept" if answer.content.get("approve") is True:
            await decide_it(ctx, approval_id, "approved", "elicitation")
            return Approved(approval_id=approval_id)
        case "accept" | "decline":
            await decide_it(ctx, approval_id, "rejected", "elicitation")
            raise ApprovalRejected(f"The person declined {name}. Nothing was approved.")
        case "cancel" | "unavailable":
            return PendingDecision(approval_id=approval_id, command=command_of(row))


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
    found = await ctx.directives.one("approval_by_id", id=approval_id)
    row = require_open(found, approval_id, ctx.clock.now())
    release = None
    if row["subject_kind"] == "directive" and decision == "approved":
        release, _ = await _approvable(ctx, int(str(row["subject_id"])))
        if release.release_sha256 != row["release_sha256"]:
            raise Conflict(f"{row['subject_name']} changed since it was shown. Ask again.")
    decided = await decide(ctx, approval_id, decision, channel, reason, release)
    if release is not None:
        await _resume(ctx, release.directive_id)
    ctx.engine.wake()
    return decided


async def _settle_known(ctx: Ctx, release: Release, row: Row, approval_id: int) -> None:
    """Note again what an earlier decision granted, after a way there and back."""
    if row["approval_id"] == approval_id and row["release_sha256"] == release.release_sha256:
        return
    async with ctx.directives.write() as db:
        await grant(db, release, approval_id, ctx.clock.now())
    await _resume(ctx, release.directive_id)


async def _resume(ctx: Ctx, directive_id: int) -> None:
    """Let a directive that the system paused for want of this approval go on."""
    row = await release_row(ctx, directive_id)
    if row["status"] not in ("active", "paused"):
        return
    try:
        await release_to_run(ctx, directive_id)
    except AifpError as refusal:
        logger.info("%s is approved and waits: %s", row["name"], refusal)


def request_text(ctx: Ctx, row: Row) -> str:
    """Return the text of a request to show it, as it was filed."""
    if not is_unchanged(ctx, row):
        raise Conflict("The text of this request was changed in the database. Ask anew.")
    return stored_text(row)


def command_of(row: Row) -> str:
    """Return the command with which a person decides a request."""
    name = shlex.quote(str(row["subject_name"]))
    match row["subject_kind"]:
        case "run":
            return f"aifp approve {name} --run {row['subject_id']}"
        case "dependency":
            return f"aifp approve --package {name}"
        case "directive" | "artifact":
            return f"aifp approve {name}"
        case _:
            return f"aifp approve {name} --request {row['id']}"
