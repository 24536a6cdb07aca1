"""What a person's answer about a directive leads to: the release that is there, or one waiting."""

from aifp.helpers.lifecycle.internal.deploying import Deployment
from aifp.helpers.lifecycle.internal.directive_deploying import put_release_in_force
from aifp.helpers.lifecycle.internal.directive_releases import candidate_of, release_in_waiting
from aifp.helpers.user_directives.internal.approvals import decide
from aifp.helpers.user_directives.internal.approving import decide_release
from aifp.schemas.deploying import LoadFailed
from aifp.schemas.errors import Conflict
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.words import Channel, Decision


async def decide_directive(
    ctx: Ctx, request: Row, decision: Decision, channel: Channel, reason: str | None
) -> Row:
    """Write a person's decision about a directive; a proposal is put in force by a yes."""
    approval_id = int(str(request["id"]))
    proposal = await ctx.directives.one(
        "release_in_waiting",
        directive_id=int(str(request["subject_id"])),
        sha256=request["release_sha256"],
    )
    if proposal is None:
        return await decide_release(ctx, approval_id, decision, channel, reason)
    version_id = int(str(proposal["id"]))
    if decision != "approved":
        decided = await decide(ctx, approval_id, decision, channel, reason)
        async with ctx.directives.write() as db:
            await db.run("set_version_state", id=version_id, state="rejected")
        return decided
    release = await release_in_waiting(ctx, await candidate_of(ctx, version_id))
    if release.release_sha256 != request["release_sha256"]:
        raise Conflict(f"{request['subject_name']} changed since it was shown. Ask again.")
    decided = await decide(ctx, approval_id, decision, channel, reason)
    done = await put_release_in_force(ctx, version_id, Deployment(approval_id, reason=reason))
    if isinstance(done, LoadFailed) and channel == "cli":
        # Who asked through the client hears of it from the call that asked.
        raise Conflict(f"{done.error}: {done.reason}. What ran before runs on.")
    return decided
