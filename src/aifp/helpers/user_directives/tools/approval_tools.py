"""Ask a person, and see what waits for one."""

from typing import Literal

from aifp.helpers.contract import reads, writes
from aifp.helpers.user_directives.internal.approvals import stored_text
from aifp.helpers.user_directives.internal.approving import (
    ask_approval,
    ask_for_waiting_run,
    command_of,
)
from aifp.helpers.user_directives.internal.directive_rows import id_of
from aifp.schemas.approvals import Approved, PendingApproval, PendingDecision
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.words import ApprovalSubject


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
    ctx: Ctx, subject_kind: Literal["directive", "run"], subject: str
) -> Approved | PendingDecision:
    """Ask the person to approve a directive by name, or a waiting run by id; no answer, no yes."""
    if subject_kind == "run":
        return await ask_for_waiting_run(ctx, subject)
    return await ask_approval(ctx, await id_of(ctx, subject))
