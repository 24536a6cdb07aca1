"""Call a tool as a client does: by its name, through the registry, with JSON in and out."""

from typing import Any, cast

from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx
from aifp.server.catalog.load import load_catalog, tools_of
from aifp.server.mcp.registry import Registry
from aifp.server.mcp.results import Answer

REGISTRY = Registry(tools_of(load_catalog()), audit=lambda line: None)


async def answered(ctx: Ctx, tool: str, **arguments: Any) -> Answer:
    """Return the answer of a tool as it travels."""
    entry = REGISTRY.find(tool)
    assert entry is not None, tool
    return await REGISTRY.run(ctx, entry, arguments)


async def called(ctx: Ctx, tool: str, **arguments: Any) -> dict[str, Any]:
    """Return the structure of an answer that is no error."""
    answer = await answered(ctx, tool, **arguments)
    assert not answer.is_error, answer.data
    return cast("dict[str, Any]", answer.data)


async def names(ctx: Ctx, tool: str, **arguments: Any) -> list[str]:
    """Return the names in a list, in its order."""
    return [item["name"] for item in (await called(ctx, tool, **arguments))["result"]]


async def refused(ctx: Ctx, tool: str, **arguments: Any) -> JsonMap:
    """Return the structure of a refusal."""
    answer = await answered(ctx, tool, **arguments)
    assert answer.is_error, answer.data
    return answer.data
