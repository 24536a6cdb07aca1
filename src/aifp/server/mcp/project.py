"""The offer of aifp itself: the registry's tools as one connection may see them."""

from collections.abc import Callable, Mapping
from typing import Any

import mcp_types as types
from mcp import MCPError

from aifp.schemas.catalog import HelperEntry
from aifp.schemas.errors import NeedsInput
from aifp.server.mcp.door import CallDoor
from aifp.server.mcp.instructions import INSTRUCTIONS
from aifp.server.mcp.listing import tool_of
from aifp.server.mcp.offer import Page, no_resource
from aifp.server.mcp.people import AskedBetweenCalls, Person, Request, person_behind
from aifp.server.mcp.registry import Registry
from aifp.server.mcp.results import to_wire
from aifp.server.mcp.view import View

MakeDoor = Callable[[Person, View], CallDoor]


class ProjectOffer:
    """Implements Offer for one view."""

    instructions = INSTRUCTIONS

    def __init__(self, registry: Registry, view: View, make_door: MakeDoor) -> None:
        self._registry = registry
        self._view = view
        self._make_door = make_door

    def input_schema(self, name: str) -> Mapping[str, Any] | None:
        """Return the input schema of a tool."""
        entry = self._registry.find(name)
        return entry.input_schema if entry and self._view.offers(entry) else None

    async def list_tools(self, _: Request, params: Page) -> types.ListToolsResult:
        """Return the tools of the view."""
        tools = [tool_of(entry) for entry in self._view.listed(self._registry.entries)]
        return types.ListToolsResult(tools=tools, ttl_ms=0, cache_scope="private")

    async def call_tool(
        self, request: Request, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        """Call a tool of the view."""
        entry = self._entry(params.name)
        person = person_behind(request, params)
        context = self._make_door(person, self._view).context()
        try:
            answer = await self._registry.run(context, entry, params.arguments or {})
        except NeedsInput as needed:
            if not isinstance(person, AskedBetweenCalls):
                raise MCPError(
                    types.INTERNAL_ERROR, "A question was asked in a wrong way"
                ) from None
            return person.question(needed)
        return to_wire(answer)

    async def list_resources(self, _: Request, params: Page) -> types.ListResourcesResult:
        """Return the resources."""
        return types.ListResourcesResult(resources=[], ttl_ms=0, cache_scope="private")

    async def list_resource_templates(
        self, _: Request, params: Page
    ) -> types.ListResourceTemplatesResult:
        """Return the patterns of resources."""
        return types.ListResourceTemplatesResult(
            resource_templates=[], ttl_ms=0, cache_scope="private"
        )

    async def read_resource(
        self, request: Request, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Return the content of a resource."""
        raise no_resource(request, str(params.uri))

    async def list_prompts(self, _: Request, params: Page) -> types.ListPromptsResult:
        """Return the prompts."""
        return types.ListPromptsResult(prompts=[], ttl_ms=0, cache_scope="private")

    async def get_prompt(
        self, _: Request, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult:
        """Return the messages of a prompt."""
        raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {params.name[:100]}")

    async def complete(
        self, _: Request, params: types.CompleteRequestParams
    ) -> types.CompleteResult:
        """Return nothing: there is nothing to continue yet."""
        return types.CompleteResult(completion=types.Completion(values=[]))

    def _entry(self, name: str) -> HelperEntry:
        entry = self._registry.find(name)
        if entry is None:
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {name[:100]}")
        if not self._view.offers(entry):
            hint = "call it with call_tool" if self._view.allows(entry) else "this is read-only"
            raise MCPError(types.INVALID_PARAMS, f"Tool {name} is not listed here; {hint}")
        return entry
