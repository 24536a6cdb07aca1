"""The one place where a person's answer is written and followed, whatever it is about.

Modules in DECIDERS do not import this one; who asks a person does.
"""

from collections.abc import Awaitable, Callable, Mapping

from aifp.helpers.lifecycle.internal.archiving import decide_archive
from aifp.helpers.lifecycle.internal.artifact_rows import require_artifact, require_version_row
from aifp.helpers.lifecycle.internal.deploying import deploy_version, outcome_of
from aifp.helpers.lifecycle.internal.directive_deciding import decide_directive
from aifp.helpers.lifecycle.internal.tool_approving import (
    decide_tool,
    known_yes,
    request_of_version,
)
from aifp.helpers.user_directives.internal.approvals import decide, require_open
from aifp.helpers.user_directives.internal.approving import (
    ask_approval,
    decide_release,
    put_request,
)
from aifp.schemas.approvals import Approved, PendingDecision
from aifp.schemas.deploying import LoadFailed
from aifp.schemas.errors import Conflict, InvalidArgument
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.words import Channel, Decision

# Writes the decision about one request, and does what follows from it; returns the decided row.
Decider = Callable[[Ctx, Row, Decision, Channel, str | None], Awaitable[Row]]


async def decide_request(
    ctx: Ctx,
    approval_id: int,
    decision: Decision,
    channel: Channel,
    reason: str | None = None,
) -> Row:
    """Write a person's decision on any request, and do what follows from it.

    Only the elicitation answer and the command line come here; no tool does.
    """
    found = await ctx.directives.one("approval_by_id", id=approval_id)
    row = require_open(found, approval_id, ctx.clock.now())
    decider = DECIDERS.get(str(row["subject_kind"]))
    if decider is None:
        return await decide_release(ctx, approval_id, decision, channel, reason)
    decided = await decider(ctx, row, decision, channel, reason)
    ctx.engine.wake()
    return decided


async def put_to_person(ctx: Ctx, request: Row) -> Approved | PendingDecision:
    """Put a stored request to the person, and follow the answer."""
    return await put_request(ctx, request, decide_request)


async def ask_artifact(
    ctx: Ctx, version_id: int, reason: str | None = None
) -> Approved | PendingDecision:
    """Ask the person about a version; done nothing twice, so the call may be repeated."""
    version = await require_version_row(ctx.directives, version_id)
    if version["kind"] == "implementation":
        return await ask_approval(ctx, int(str(version["directive_id"])), reason)
    if version["kind"] != "user_tool":
        raise InvalidArgument(f"{version['name']} is approved in another way.")
    known = await known_yes(ctx, version_id)
    if known is not None:
        await deploy_version(ctx, version_id, known)
        return Approved(approval_id=known)
    return await put_to_person(ctx, await request_of_version(ctx, version_id, reason))


async def ask_about_tool(ctx: Ctx, name: str) -> Approved | PendingDecision:
    """Ask about what is proposed of a tool, else about what lies in its file."""
    artifact = await require_artifact(ctx.directives, name, "user_tool")
    subject = str(artifact["id"])
    open_row = await ctx.directives.one("open_request", kind="artifact", subject_id=subject)
    proposed = open_row and await ctx.directives.one(
        "version_of_release", artifact_id=artifact["id"], sha256=open_row["release_sha256"]
    )
    version_id = proposed["id"] if proposed else artifact["current_version_id"]
    if version_id is None:
        raise InvalidArgument(f"{name} has no code yet: {artifact['problem'] or 'no file'}.")
    answer = await ask_artifact(ctx, int(str(version_id)))
    if isinstance(answer, Approved):
        await require_loaded(ctx, int(str(version_id)))
    return answer


async def require_loaded(ctx: Ctx, version_id: int) -> None:
    """Say it where an approved version cannot run."""
    outcome = await outcome_of(ctx, version_id)
    if isinstance(outcome, LoadFailed):
        raise InvalidArgument(
            f"It is approved and does not load: {outcome.reason}. What ran before "
            "goes on. Change the code; that makes a new version."
        )


async def require_in_force(ctx: Ctx, request: Row) -> None:
    """Say it where what a person has just approved cannot run."""
    version = await ctx.directives.one(
        "version_of_release",
        artifact_id=int(str(request["subject_id"])),
        sha256=request["release_sha256"],
    )
    if version is not None:
        await require_loaded(ctx, int(str(version["id"])))


async def _decide_artifact(
    ctx: Ctx, request: Row, decision: Decision, channel: Channel, reason: str | None
) -> Row:
    decided, version_id = await decide_tool(ctx, request, decision, channel, reason)
    if decision == "approved":
        await _require_unedited(ctx, request, version_id)
        await deploy_version(ctx, version_id, int(str(request["id"])))
    return decided


async def _require_unedited(ctx: Ctx, request: Row, version_id: int) -> None:
    """Refuse to write over what somebody edited while the person read about other code."""
    edit = await ctx.directives.one(
        "edited_since_asked",
        artifact_id=int(str(request["subject_id"])),
        version_id=version_id,
        requested_at=request["requested_at"],
    )
    if edit is not None:
        raise Conflict(
            f"Conflict detected: {edit['path']} was edited after this was asked (version "
            f"{edit['version_number']}). It is approved, and nothing was written: put the approved "
            f"bytes back with rollback_to_version, or ask about the edit: aifp approve "
            f"{request['subject_name']}"
        )


async def _decide_waiver(
    ctx: Ctx, request: Row, decision: Decision, channel: Channel, reason: str | None
) -> Row:
    """Keep whether a person does without the missing tests; nothing is deployed by that."""
    return await decide(ctx, int(str(request["id"])), decision, channel, reason)


DECIDERS: Mapping[str, Decider] = {
    "archive_duplicate": decide_archive,
    "artifact": _decide_artifact,
    "directive": decide_directive,
    "waive_tests": _decide_waiver,
}
