"""The offer of an HTTP request: each may choose its view by the query of its URL."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import mcp_types as types
from mcp import MCPError
from starlette.requests import Request as HttpRequest

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument
from aifp.server.mcp.offer import Offer, Page, TaskUse
from aifp.server.mcp.people import Request

# Where the listener puts the choices of whoever opened it.
OPTIONS = "aifp.options"
_YES = ("1", "true", "yes", "on")


class OfferByRequest:
    """Implements Offer; each method is that of the offer its request has chosen."""

    def __init__(self, offer_for: Callable[[JsonMap], Offer]) -> None:
        self._offer_for = offer_for
        self._everything = offer_for({"toolsets": ["all"]})
        self.instructions = self._everything.instructions

    def input_schema(self, name: str) -> Mapping[str, Any] | None:
        """Return the input schema of a tool, whoever may call it."""
        return self._everything.input_schema(name)

    async def list_tools(self, request: Request, params: Page) -> types.ListToolsResult:
        """Return the tools."""
        return await self._of(request).list_tools(request, params)

    async def call_tool(
        self, request: Request, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        """Call a tool."""
        return await self._of(request).call_tool(request, params)

    def task_use(self, request: Request, params: types.CallToolRequestParams) -> TaskUse:
        """Tell whether a call becomes a task."""
        return self._of(request).task_use(request, params)

    async def list_resources(self, request: Request, params: Page) -> types.ListResourcesResult:
        """Return the resources."""
        return await self._of(request).list_resources(request, params)

    async def list_resource_templates(
        self, request: Request, params: Page
    ) -> types.ListResourceTemplatesResult:
        """Return the patterns of further resources."""
        return await self._of(request).list_resource_templates(request, params)

    async def read_resource(
        self, request: Request, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult | types.InputRequiredResult:
        """Return the content of a resource."""
        return await self._of(request).read_resource(request, params)

    async def list_prompts(self, request: Request, params: Page) -> types.ListPromptsResult:
        """Return the prompts."""
        return await self._of(request).list_prompts(request, params)

    async def get_prompt(
        self, request: Request, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult | types.InputRequiredResult:
        """Return the messages of a prompt."""
        return await self._of(request).get_prompt(request, params)

    async def complete(
        self, request: Request, params: types.CompleteRequestParams
    ) -> types.CompleteResult:
        """Return values that continue what was typed."""
        return await self._of(request).complete(request, params)

    def _of(self, request: Request) -> Offer:
        try:
            return self._offer_for(chosen(cast("HttpRequest", request.request)))
        except InvalidArgument as wrong:
            raise MCPError(types.INVALID_PARAMS, str(wrong)) from None


def chosen(request: HttpRequest) -> JsonMap:
    """Return the options of a request: its own query, else the listener's; reading only wins."""
    options: JsonMap = dict(request.scope.get(OPTIONS, {}))
    for word in ("toolsets", "tools"):
        if text := request.query_params.get(word):
            options[word] = [name for name in text.replace(" ", "").split(",") if name]
    for word in ("read_only", "output_schemas"):
        if request.query_params.get(word, "").lower() in _YES:
            options[word] = True
    return options
