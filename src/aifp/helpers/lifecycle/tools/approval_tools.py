"""Ask a person, see what waits for one, and switch tools off and on."""

from typing import Literal

from aifp.helpers.contract import destroys, reads, writes
from aifp.helpers.lifecycle.internal.archiving import request_archive
from aifp.helpers.lifecycle.internal.artifact_rows import require_artifact
from aifp.helpers.lifecycle.internal.authorizing import revoke_tool_approval, switch_tool
from aifp.helpers.lifecycle.internal.deciding import ask_about_tool, put_to_person
from aifp.helpers.lifecycle.internal.directive_asking import ask_about_directive
from aifp.helpers.user_directives.internal.approvals import stored_text
from aifp.helpers.user_directives.internal.approving import (
    ask_for_waiting_run,
    command_of,
)
from aifp.helpers.user_directives.internal.directive_rows import id_of
from aifp.schemas.approvals import Approved, PendingApproval, PendingDecision, ToolStanding
from aifp.schemas.errors import NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.words import ApprovalSubject

# What one asks for by name; other requests are filed by the tools that need them.
Askable = Literal[
    "directive",
    "artifact",
    "run",
    "dependency",
    "overwrite",
    "archive_duplicate",
    "waive_tests",
    "destroy_state",
]


@reads(toolset="core")
async def get_pending_approvals(
    ctx: Ctx, subject_kind: ApprovalSubject | None = None
) -> list[PendingApproval]:
    """List the requests that wait for a person, each with the command that decides it."""
    rows = await ctx.directives.all(
        "pending_approvals", kind=subject_kind, at=to_text(ctx.clock.now())
    )
    return [_pending(row) for row in rows]


def _pending(row: Row) -> PendingApproval:
    return PendingApproval.model_validate(
        {
            "id": row["id"],
            "subject_kind": row["subject_kind"],
            "subject": row["subject_name"],
            "summary": stored_text(row).splitlines()[0],
            "requested_at": row["requested_at"],
            "expires_at": row["expires_at"],
            "command": command_of(row),
        }
    )


@writes(toolset="core", asks=True, repeatable=True)
async def request_approval(
    ctx: Ctx, subject_kind: Askable, subject: str
) -> Approved | PendingDecision:
    """Ask the person about a directive or tool (artifact), or a run by id; no answer, no yes."""
    match subject_kind:
        case "directive":
            return await ask_about_directive(ctx, await id_of(ctx, subject))
        case "artifact":
            return await ask_about_tool(ctx, subject)
        case "run":
            return await ask_for_waiting_run(ctx, subject)
        case "archive_duplicate":
            return await put_to_person(ctx, await request_archive(ctx, subject))
        case kind:
            return await _ask_again(ctx, kind, subject)


async def _ask_again(ctx: Ctx, kind: str, subject: str) -> Approved | PendingDecision:
    rows = await ctx.directives.all("pending_approvals", kind=kind, at=to_text(ctx.clock.now()))
    wanted = [row for row in rows if subject in (row["subject_name"], row["subject_id"])]
    if not wanted:
        raise NoSuch(f"No request about {kind} {subject!r} waits; see get_pending_approvals.")
    # The list shows less of a request than what is sealed of it.
    request = await ctx.directives.one("approval_by_id", id=wanted[-1]["id"])
    return await put_to_person(ctx, request or wanted[-1])


@writes(toolset="catalog", repeatable=True)
async def set_tool_enabled(ctx: Ctx, name: str, enabled: bool) -> ToolStanding:  # noqa: FBT001
    """Switch one of the user's own tools off at once, or an approved one on again."""
    artifact = await require_artifact(ctx.directives, name, "user_tool")
    word = await switch_tool(ctx, artifact, enabled=enabled)
    return ToolStanding(name=name, status=word)


@destroys(toolset="catalog", repeatable=True)
async def revoke_tool(ctx: Ctx, name: str, reason: str | None = None) -> ToolStanding:
    """Take the approval of one of the user's own tools back, for good; its file stays."""
    artifact = await require_artifact(ctx.directives, name, "user_tool")
    await revoke_tool_approval(ctx, artifact, reason)
    return ToolStanding(name=name, status="revoked")
