"""What people have decided about the code of a tool: the one answer that every door follows."""

from aifp.helpers.user_directives.internal.approvals import genuine_yes
from aifp.schemas.ports import Ctx, Reader
from aifp.schemas.words import Authorization


async def authorization_of(
    ctx: Ctx, artifact_id: int, release_sha256: str, db: Reader | None = None
) -> Authorization:
    """Return what a person has decided about exactly this release of a tool.

    What was switched off stays off, also where code that was approved before comes back; only
    a yes after that, or switching it on, lets it run.
    """
    reader, subject = db or ctx.directives, str(artifact_id)
    approval_id = await genuine_yes(ctx, "artifact", subject, release_sha256, reader)
    if approval_id is not None:
        off = await reader.one("switched_off_after", id=artifact_id, approval_id=approval_id)
        return "disabled" if off is not None else "approved"
    row = await reader.one(
        "was_revoked", kind="artifact", subject_id=subject, release_sha256=release_sha256
    )
    return "revoked" if row is not None else "pending"
