"""Look at the versions of the user's tools and of the code of directives."""

from pydantic import AwareDatetime

from aifp.helpers.contract import reads
from aifp.helpers.lifecycle.internal.artifact_rows import find_artifact, require_artifact
from aifp.helpers.lifecycle.internal.history import diff_of_versions, in_force_at, versions_of
from aifp.schemas.common import Listed, NotFound
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx
from aifp.schemas.versions import Version, VersionDiff, VersionInForce
from aifp.schemas.words import ArtifactKind


@reads(toolset="lifecycle")
async def get_version_history(
    ctx: Ctx, name: str, kind: ArtifactKind | None = None, limit: int = 20
) -> Listed[Version]:
    """List the versions of a tool or of a directive's code, newest first, with their runs."""
    artifact = await require_artifact(ctx.directives, name, kind)
    return await versions_of(ctx.directives, artifact, limit)


@reads(toolset="lifecycle")
async def show_diff(
    ctx: Ctx, name: str, version1: int, version2: int, kind: ArtifactKind | None = None
) -> VersionDiff:
    """Compare two versions: the lines, what callers miss, which rights came, how well they ran."""
    artifact = await require_artifact(ctx.directives, name, kind)
    return await diff_of_versions(ctx, artifact, version1, version2)


@reads(toolset="lifecycle")
async def get_version_at_time(
    ctx: Ctx, name: str, at: AwareDatetime, kind: ArtifactKind | None = None
) -> VersionInForce | NotFound:
    """Get which version was in force at a past time, and how it went."""
    artifact = await find_artifact(ctx.directives, name, kind)
    if artifact is None:
        return NotFound()
    if at > ctx.clock.now():
        raise InvalidArgument(f"{to_text(at)} is still to come; only the past is known.")
    return await in_force_at(ctx.directives, artifact, at) or NotFound()
