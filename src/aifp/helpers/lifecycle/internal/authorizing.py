"""May a tool run? The word of its row, kept in step with the decisions about its present code."""

from aifp.helpers.lifecycle.internal.artifact_rows import subject_of
from aifp.helpers.lifecycle.internal.decided import authorization_of
from aifp.helpers.lifecycle.internal.marking import set_authorization
from aifp.helpers.lifecycle.internal.version_releases import release_of_version
from aifp.helpers.shared.events import Change, record_event
from aifp.schemas.errors import AifpError, InvalidTransition, NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.words import Authorization


async def settle_authorization(ctx: Ctx, artifact_id: int) -> Authorization:
    """Let the row of a tool say what holds for its current version, and return that word.

    To be called after every change of the current version and after every decision. What is
    switched off stays so; new code begins at pending.
    """
    artifact = await require_row(ctx, artifact_id)
    word = await _decided(ctx, artifact)
    if word == "approved" and artifact["authorization"] == "disabled":
        return "disabled"
    if word != artifact["authorization"]:
        async with ctx.directives.write() as db:
            await set_authorization(db, ctx.clock.now(), artifact, word)
    return word


async def switch_tool(ctx: Ctx, artifact: Row, *, enabled: bool) -> Authorization:
    """Switch a tool off at once, or an approved one on again."""
    present, word = str(artifact["authorization"]), "approved" if enabled else "disabled"
    if present == word:
        return word
    if present not in ("approved", "disabled"):
        raise InvalidTransition(
            f"{artifact['name']} is {present}; only an approved tool is switched off and on."
        )
    if enabled and await _decided(ctx, artifact) not in ("approved", "disabled"):
        raise InvalidTransition(
            f"{artifact['name']} is not approved as it stands now; ask with request_approval."
        )
    now = ctx.clock.now()
    async with ctx.directives.write() as db:
        await set_authorization(db, now, artifact, word)
        change = Change(event_type="enabled" if enabled else "disabled")
        await record_event(db, now, subject_of(artifact), ctx.actor, change)
    return word


async def revoke_tool_approval(ctx: Ctx, artifact: Row, reason: str | None = None) -> int:
    """Take every approval of a tool back, for good: the same code is never approved again."""
    now, subject = ctx.clock.now(), subject_of(artifact)
    at = to_text(now)
    async with ctx.directives.write() as db:
        taken = await db.run("revoke_approvals", kind=subject.kind, subject_id=subject.id, at=at)
        await db.run("drop_grants", kind=subject.kind, subject_id=subject.id)
        await set_authorization(db, now, artifact, "revoked")
        change = Change(event_type="approval_revoked", reason=reason)
        await record_event(db, now, subject, ctx.actor, change)
    return taken


async def require_row(ctx: Ctx, artifact_id: int) -> Row:
    """Return how a tool stands; raises NoSuch."""
    row = await ctx.directives.one("artifact_by_id", id=artifact_id)
    if row is None:
        raise NoSuch(f"There is no tool {artifact_id}.")
    return row


async def _decided(ctx: Ctx, artifact: Row) -> Authorization:
    version_id = artifact["current_version_id"]
    if version_id is None:
        return "pending"
    try:
        release = await release_of_version(ctx, int(str(version_id)))
    except AifpError:
        # What cannot be read, or needs a program that is not here, is no release at all.
        return "pending"
    return await authorization_of(ctx, int(str(artifact["id"])), release.release_sha256)
