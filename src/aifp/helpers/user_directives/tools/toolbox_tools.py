"""Reach every tool that the default list does not show."""

from typing import Annotated

from pydantic import Field

from aifp.helpers.contract import reads, writes
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx


@reads(toolset="core")
async def search_tools(
    ctx: Ctx,
    query: Annotated[str, Field(min_length=1, max_length=200)],
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
) -> list[JsonMap]:
    """Find tools of every toolset by words, best first, with their input schemas."""
    return await ctx.door.search_tools(query, limit)


@writes(toolset="core", opens_world=True)
async def call_tool(ctx: Ctx, name: str, arguments: JsonMap) -> JsonMap:
    """Call a tool found with search_tools, through the same checks as a direct call."""
    return await ctx.door.call_tool(name, arguments)
