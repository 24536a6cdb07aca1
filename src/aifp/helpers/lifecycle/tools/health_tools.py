"""See how what was deployed does."""

from aifp.helpers.contract import reads
from aifp.helpers.lifecycle.internal.artifact_rows import find_artifact
from aifp.helpers.lifecycle.internal.health import health_of
from aifp.schemas.common import NotFound
from aifp.schemas.health import DeploymentHealth
from aifp.schemas.ports import Ctx
from aifp.schemas.words import ArtifactKind


@reads(toolset="lifecycle")
async def get_deployment_health(
    ctx: Ctx, name: str, kind: ArtifactKind | None = None
) -> DeploymentHealth | NotFound:
    """Get how the version in force does against the one before it, and until when it is watched."""
    artifact = await find_artifact(ctx.directives, name, kind)
    if artifact is None:
        return NotFound()
    row = await ctx.directives.one("deployment_of_artifact", artifact_id=artifact["id"])
    return await health_of(ctx, row) if row else NotFound()
