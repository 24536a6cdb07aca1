"""The suite's fixtures as an offer: what is tested is the core it is served by."""

import json
from collections.abc import Mapping
from typing import Any

import mcp_types as types
from mcp import MCPError

from aifp.server.mcp.audience import Audience
from aifp.server.mcp.offer import Page, TaskUse, no_resource
from aifp.server.mcp.people import Request
from tests.conformance import contents
from tests.conformance.asking import BEGINS_LATER, ask, form, said
from tests.conformance.tools import FIXTURES, Call, Result

CACHE: dict[str, Any] = {"ttl_ms": 0, "cache_scope": "private"}
TEXT = "test://static-text"
BINARY = "test://static-binary"
TEMPLATE = "test://template/{id}/data"
PROMPTS: dict[str, tuple[str, ...]] = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}


class FixtureOffer:
    """Implements Offer."""

    instructions = "The fixtures of the conformance suite."

    def __init__(self, audience: Audience) -> None:
        self._audience = audience

    def input_schema(self, name: str) -> Mapping[str, Any] | None:
        return FIXTURES[name].schema if name in FIXTURES else None

    async def list_tools(self, _: Request, params: Page) -> types.ListToolsResult:
        tools = [
            types.Tool(name=name, description=f"Fixture {name}.", input_schema=tool.schema)
            for name, tool in FIXTURES.items()
        ]
        return types.ListToolsResult(tools=tools, **CACHE)

    async def call_tool(self, request: Request, params: types.CallToolRequestParams) -> Result:
        if params.name not in FIXTURES:
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {params.name}")
        return await FIXTURES[params.name].body(Call(request, params, self._audience))

    def task_use(self, _: Request, params: types.CallToolRequestParams) -> TaskUse:
        ready = BEGINS_LATER.get(params.name)
        if params.name not in FIXTURES or (ready is not None and not ready(params)):
            return "never"
        return FIXTURES[params.name].use

    async def list_resources(self, _: Request, params: Page) -> types.ListResourcesResult:
        described = ((TEXT, "text/plain"), (BINARY, "image/png"))
        resources = [
            types.Resource(uri=uri, name=uri[7:], description="A fixture.", mime_type=mime_type)
            for uri, mime_type in described
        ]
        return types.ListResourcesResult(resources=resources, **CACHE)

    async def list_resource_templates(
        self, _: Request, params: Page
    ) -> types.ListResourceTemplatesResult:
        template = types.ResourceTemplate(uri_template=TEMPLATE, name="data", description="Data.")
        return types.ListResourceTemplatesResult(resource_templates=[template], **CACHE)

    async def read_resource(
        self, request: Request, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        content = _content(str(params.uri))
        if content is None:
            raise no_resource(request, str(params.uri))
        return types.ReadResourceResult(contents=[content], **CACHE)

    async def list_prompts(self, _: Request, params: Page) -> types.ListPromptsResult:
        prompts = [
            types.Prompt(
                name=name,
                description=f"Fixture {name}.",
                arguments=[
                    types.PromptArgument(name=argument, description="An argument.", required=True)
                    for argument in arguments
                ],
            )
            for name, arguments in PROMPTS.items()
        ]
        return types.ListPromptsResult(prompts=prompts, **CACHE)

    async def get_prompt(
        self, _: Request, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult | types.InputRequiredResult:
        if params.name not in PROMPTS:
            raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {params.name}")
        if params.name != "test_input_required_result_prompt":
            return _prompt(params.name, params.arguments or {})
        context = said((params.input_responses or {}).get("user_context"), "context")
        if context is None:
            asked = contents.schema("context", context=contents.STRING)
            return ask(user_context=form("What context should the prompt use?", asked))
        return _messages(types.TextContent(text=f"In the context of {context}."))

    async def complete(
        self, _: Request, params: types.CompleteRequestParams
    ) -> types.CompleteResult:
        words = [w for w in ("paris", "park", "party") if w.startswith(params.argument.value)]
        completion = types.Completion(values=words, total=len(words), has_more=False)
        return types.CompleteResult(completion=completion)


def _content(uri: str) -> types.TextResourceContents | types.BlobResourceContents | None:
    before, _, after = TEMPLATE.partition("{id}")
    if uri == TEXT:
        words = "This is the content of the static text resource."
        return types.TextResourceContents(uri=uri, text=words, mime_type="text/plain")
    if uri == BINARY:
        return types.BlobResourceContents(uri=uri, blob=contents.PNG, mime_type="image/png")
    if uri.startswith(before) and uri.endswith(after):
        name = uri.removeprefix(before).removesuffix(after)
        data = {"id": name, "templateTest": True, "data": f"Data for ID: {name}"}
        return types.TextResourceContents(
            uri=uri, text=json.dumps(data), mime_type="application/json"
        )
    return None


def _prompt(name: str, given: Mapping[str, str]) -> types.GetPromptResult:
    match name:
        case "test_prompt_with_arguments":
            words = f"arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'"
            return _messages(types.TextContent(text=f"Prompt with arguments: {words}"))
        case "test_prompt_with_embedded_resource":
            words = "Embedded resource content for testing."
            embedded = contents.embedded(given.get("resourceUri", TEXT), words)
            request = types.TextContent(text="Please process the embedded resource above.")
            return _messages(embedded, request)
        case "test_prompt_with_image":
            request = types.TextContent(text="Please analyze the image above.")
            return _messages(contents.IMAGE, request)
        case _:
            return _messages(types.TextContent(text="This is a simple prompt for testing."))


def _messages(*blocks: types.ContentBlock) -> types.GetPromptResult:
    messages = [types.PromptMessage(role="user", content=block) for block in blocks]
    return types.GetPromptResult(messages=messages)
