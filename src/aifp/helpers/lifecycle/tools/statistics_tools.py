"""What tools there are, how well they work, and what happened to them."""

import json
from typing import Annotated

from pydantic import Field

from aifp.helpers.contract import reads
from aifp.helpers.lifecycle.internal.artifact_rows import find_artifact
from aifp.helpers.lifecycle.internal.statistics import statistics_answer
from aifp.schemas.common import NotFound
from aifp.schemas.ports import Ctx
from aifp.schemas.tool_sync import LifecycleEvent, ToolListing, ToolStatisticsAnswer
from aifp.schemas.words import ArtifactKind, ArtifactStatus, ToolEvent


@reads(toolset="lifecycle")
async def get_tool_statistics(
    ctx: Ctx, name: str, kind: ArtifactKind | None = None
) -> ToolStatisticsAnswer | NotFound:
    """Get how much a tool was used and how well that went, deleted tools included."""
    artifact = await find_artifact(ctx.directives, name, kind)
    return await statistics_answer(ctx.directives, artifact) if artifact else NotFound()


@reads(toolset="lifecycle")
async def get_tools_by_status(
    ctx: Ctx, status: ArtifactStatus = "active", kind: ArtifactKind | None = None
) -> list[ToolListing]:
    """List the tools and implementations with one status, with why a file can be no tool."""
    rows = await ctx.directives.all("tools_by_status", status=status, kind=kind)
    return [ToolListing.model_validate(row) for row in rows]


@reads(toolset="lifecycle")
async def get_lifecycle_events(
    ctx: Ctx,
    name: str | None = None,
    event_type: ToolEvent | None = None,
    limit: Annotated[int, Field(ge=1, le=500)] = 50,
) -> list[LifecycleEvent]:
    """List what happened to tools, newest first: created, changed, deleted, deployed and so on."""
    rows = await ctx.directives.all(
        "lifecycle_events", name=name, event_type=event_type, limit=limit
    )
    return [
        LifecycleEvent.model_validate({**row, "metadata": json.loads(str(row["metadata"]))})
        for row in rows
    ]
