"""What a server has for its client: the SDK's handlers, one for each list, behind one name."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import mcp_types as types
from mcp import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from aifp.server.mcp.people import Request

# Before 2026-07-28 a missing resource had a code of its own.
LEGACY_NOT_FOUND = -32002

# `may`: without tasks the client waits for the answer; `must`: without tasks it gets none.
TaskUse = Literal["never", "may", "must"]
Page = types.PaginatedRequestParams | None


class Offer(Protocol):
    """The content of a server; `core.make_server` gives it a wire."""

    @property
    def instructions(self) -> str:
        """Return what the client's model is told once."""
        ...

    def input_schema(self, name: str) -> Mapping[str, Any] | None:
        """Return the input schema of a tool that may be called by its name."""
        ...

    async def list_tools(self, request: Request, params: Page, /) -> types.ListToolsResult:
        """Return the tools."""
        ...

    async def call_tool(
        self, request: Request, params: types.CallToolRequestParams, /
    ) -> types.CallToolResult | types.InputRequiredResult:
        """Call a tool, or ask for what is needed first."""
        ...

    def task_use(self, request: Request, params: types.CallToolRequestParams, /) -> TaskUse:
        """Tell whether a call becomes a task for a client that can look after one."""
        ...

    async def list_resources(self, request: Request, params: Page, /) -> types.ListResourcesResult:
        """Return the resources."""
        ...

    async def list_resource_templates(
        self, request: Request, params: Page, /
    ) -> types.ListResourceTemplatesResult:
        """Return the patterns of further resources."""
        ...

    async def read_resource(
        self, request: Request, params: types.ReadResourceRequestParams, /
    ) -> types.ReadResourceResult | types.InputRequiredResult:
        """Return the content of a resource; raises `no_resource`."""
        ...

    async def list_prompts(self, request: Request, params: Page, /) -> types.ListPromptsResult:
        """Return the prompts."""
        ...

    async def get_prompt(
        self, request: Request, params: types.GetPromptRequestParams, /
    ) -> types.GetPromptResult | types.InputRequiredResult:
        """Return the messages of a prompt."""
        ...

    async def complete(
        self, request: Request, params: types.CompleteRequestParams, /
    ) -> types.CompleteResult:
        """Return values that continue what was typed."""
        ...


def no_resource(request: Request, uri: str) -> MCPError:
    """Return the error for a resource that is not there, in the words of the client's era."""
    modern = request.protocol_version in MODERN_PROTOCOL_VERSIONS
    code = types.INVALID_PARAMS if modern else LEGACY_NOT_FOUND
    return MCPError(code, "Resource not found", {"uri": uri})
