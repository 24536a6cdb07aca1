"""From a stored version to one in force: tested, decided by a person, deployed."""

from aifp.helpers.lifecycle.internal.deciding import ask_artifact
from aifp.helpers.lifecycle.internal.deploying import outcome_of, require_deployable
from aifp.helpers.lifecycle.internal.directive_asking import ask_release
from aifp.helpers.lifecycle.internal.proving import unproven
from aifp.helpers.lifecycle.internal.tool_approving import known_yes
from aifp.schemas.approvals import PendingDecision
from aifp.schemas.deploying import DeployAnswer, Proposed
from aifp.schemas.ports import Ctx


async def ask_and_deploy(ctx: Ctx, version_id: int, reason: str | None = None) -> DeployAnswer:
    """Ask the person about a version; once approved it is in force, or does not load."""
    version = await require_deployable(ctx.directives, version_id)
    if version["kind"] == "implementation":
        return await ask_release(ctx, version_id, reason)
    number = int(str(version["version_number"]))
    if await known_yes(ctx, version_id) is None and (lacks := await unproven(ctx, version_id)):
        return lacks
    answer = await ask_artifact(ctx, version_id, reason)
    if isinstance(answer, PendingDecision):
        return Proposed(
            version_number=number, approval_id=answer.approval_id, command=answer.command
        )
    return await outcome_of(ctx, version_id)
