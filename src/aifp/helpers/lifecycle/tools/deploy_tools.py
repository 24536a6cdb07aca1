"""Propose new code, go back to earlier code, settle conflicts: a person decides each release."""

from typing import Annotated

from pydantic import Field

from aifp.helpers.contract import destroys
from aifp.helpers.lifecycle.internal.artifact_rows import find_artifact, require_artifact
from aifp.helpers.lifecycle.internal.conflict_choices import choose
from aifp.helpers.lifecycle.internal.directive_proposals import propose_code
from aifp.helpers.lifecycle.internal.proposals import propose_tool
from aifp.helpers.lifecycle.internal.rolling_back import roll_back_to
from aifp.schemas.deploying import ConflictResolved, DeployAnswer
from aifp.schemas.differences import ResolveOption
from aifp.schemas.errors import NoSuch
from aifp.schemas.ports import Ctx
from aifp.schemas.words import ArtifactKind

Base = Annotated[
    int | None, Field(description="version that new_code was made from; another one is a conflict")
]


@destroys(toolset="lifecycle", asks=True)
async def safe_deploy(
    ctx: Ctx,
    name: str,
    new_code: str,
    reason: str,
    kind: ArtifactKind | None = None,
    base_version: Base = None,
) -> DeployAnswer:
    """Propose new code for a tool, or a new tool; what runs stays until a person says yes."""
    artifact = await find_artifact(ctx.directives, name, kind)
    if artifact is not None and artifact["kind"] == "implementation":
        return await propose_code(ctx, artifact, new_code, reason, base_version)
    if artifact is None and kind == "implementation":
        raise NoSuch(f"{name} has no code yet; user_directive_implement gives a directive code.")
    return await propose_tool(ctx, artifact, name, new_code, reason, base_version)


@destroys(toolset="lifecycle", asks=True)
async def rollback_to_version(
    ctx: Ctx,
    name: str,
    version_number: int,
    reason: str | None = None,
    kind: ArtifactKind | None = None,
) -> DeployAnswer:
    """Put an earlier version in force again, a directive as a whole; approved ones at once."""
    artifact = await require_artifact(ctx.directives, name, kind)
    return await roll_back_to(ctx, artifact, version_number, reason)


@destroys(toolset="lifecycle", asks=True)
async def resolve_conflict(ctx: Ctx, version_id: int, option: ResolveOption) -> ConflictResolved:
    """Settle a conflict that safe_deploy told of: keep the file, overwrite it, or merge both."""
    return await choose(ctx, version_id, option)
