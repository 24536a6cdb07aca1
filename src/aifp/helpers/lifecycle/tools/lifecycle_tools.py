"""Remove tools, bring them back, and name what takes their place."""

from aifp.helpers.contract import destroys, writes
from aifp.helpers.lifecycle.internal.artifact_rows import require_artifact
from aifp.helpers.lifecycle.internal.removing import delete, deprecate
from aifp.helpers.lifecycle.internal.restoring import restore
from aifp.schemas.deploying import Restored, ToolStatusChanged
from aifp.schemas.ports import Ctx
from aifp.schemas.words import ArtifactKind


@writes(toolset="lifecycle", repeatable=True)
async def restore_tool(
    ctx: Ctx, name: str, version_number: int | None = None, kind: ArtifactKind | None = None
) -> Restored:
    """Write the file of a deleted tool back, byte for byte; callable where it was approved."""
    artifact = await require_artifact(ctx.directives, name, kind)
    return await restore(ctx, artifact, version_number)


@destroys(toolset="lifecycle")
async def delete_tool(
    ctx: Ctx,
    name: str,
    archive: bool = False,  # noqa: FBT001 - the signature of L26
    kind: ArtifactKind | None = None,
) -> ToolStatusChanged:
    """Remove the file of a tool; restore_tool brings it back, its history stays."""
    artifact = await require_artifact(ctx.directives, name, kind)
    return await delete(ctx, artifact, archive=archive)


@writes(toolset="lifecycle", repeatable=True)
async def deprecate_tool(
    ctx: Ctx, name: str, successor: str, note: str | None = None
) -> ToolStatusChanged:
    """Hide a tool from the lists and tell its callers which tool takes its place."""
    artifact = await require_artifact(ctx.directives, name, "user_tool")
    other = await require_artifact(ctx.directives, successor, "user_tool")
    return await deprecate(ctx, artifact, other, note)
