"""How resources and prompts reach the project: through the registry's tools, as clients do."""

from typing import Any

import mcp_types as types
from mcp import MCPError

from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx
from aifp.server.mcp.registry import Registry


class Uses:
    """The tools and files of one call."""

    def __init__(self, registry: Registry, ctx: Ctx) -> None:
        self._registry, self._ctx = registry, ctx

    def context(self) -> Ctx:
        """Return the context of the call."""
        return self._ctx

    async def tool(self, tool: str, /, **arguments: Any) -> JsonMap:
        """Return what a tool answers; a refusal becomes the error of the whole call."""
        entry = self._registry.find(tool)
        if entry is None:
            raise MCPError(types.INTERNAL_ERROR, f"There is no tool {tool}.")
        answer = await self._registry.run(self._ctx, entry, arguments)
        if answer.is_error:
            raise MCPError(types.INTERNAL_ERROR, str(answer.data.get("error", "refused")))
        return answer.data
