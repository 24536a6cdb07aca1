"""The offer of aifp itself: the registry's tools as one connection may see them."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import mcp_types as types
from mcp import MCPError

from aifp.schemas.catalog import HelperEntry
from aifp.schemas.errors import AifpError, NeedsInput
from aifp.server.mcp.completion import Completer
from aifp.server.mcp.door import CallDoor
from aifp.server.mcp.facts import Facts
from aifp.server.mcp.instructions import INSTRUCTIONS
from aifp.server.mcp.listing import tool_of
from aifp.server.mcp.offer import Page, TaskUse, no_resource
from aifp.server.mcp.people import AskedBetweenCalls, Nobody, Person, Request, person_behind
from aifp.server.mcp.prompts import PROMPTS, Prompts
from aifp.server.mcp.registry import Registry
from aifp.server.mcp.resources import Resources, listed, templates
from aifp.server.mcp.results import to_wire
from aifp.server.mcp.uses import Uses
from aifp.server.mcp.view import OWN, View

# The tool that answers only when a run has ended.
RUNS = "run_directive"
# Features chapter 10: a default list takes under 8,000 tokens of four bytes, also with own tools.
LONGEST_LIST = 31_500
MakeDoor = Callable[[Person, View], CallDoor]


class ProjectOffer:
    """Implements Offer for one view."""

    instructions = INSTRUCTIONS

    def __init__(self, registry: Registry, view: View, make_door: MakeDoor, facts: Facts) -> None:
        self._registry, self._facts = registry, facts
        self._view = view
        self._make_door = make_door

    def input_schema(self, name: str) -> Mapping[str, Any] | None:
        """Return the input schema of a tool."""
        entry = self._registry.seen(name)
        return entry.input_schema if entry and self._view.offers(entry) else None

    async def list_tools(self, _: Request, params: Page) -> types.ListToolsResult:
        """Return the tools of the view."""
        schemas = self._view.output_schemas
        listed_here = self._view.listed(self._registry.entries)
        tools = [tool_of(entry, output_schema=schemas) for entry in listed_here]
        tools += await self._own_tools(tools)
        return types.ListToolsResult(tools=tools, ttl_ms=0, cache_scope="private")

    async def call_tool(
        self, request: Request, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        """Call a tool of the view."""
        entry = await self._entry(params.name)
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

    def task_use(self, _: Request, params: types.CallToolRequestParams) -> TaskUse:
        """Let calls become tasks that wait for a person or for a run."""
        name, arguments = params.name, params.arguments or {}
        if name == "call_tool":
            name = str(arguments.get("name"))
        entry = self._registry.seen(name)
        waits = entry is not None and self._view.allows(entry) and _waits(entry)
        return "may" if waits else "never"

    async def list_resources(self, request: Request, params: Page) -> types.ListResourcesResult:
        """Return the directives."""
        with _refusals():
            known = await self._facts.standings()
        return listed(known, params.cursor if params else None)

    async def list_resource_templates(
        self, _: Request, params: Page
    ) -> types.ListResourceTemplatesResult:
        """Return the patterns of everything that can be read."""
        return templates()

    async def read_resource(
        self, request: Request, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Return the content of a resource."""
        uri = str(params.uri)
        with _refusals():
            content = await Resources(self._facts, self._uses(request)).read(uri)
        if content is None:
            raise no_resource(request, uri)
        return types.ReadResourceResult(contents=[content.at(uri)], ttl_ms=0, cache_scope="private")

    async def list_prompts(self, _: Request, params: Page) -> types.ListPromptsResult:
        """Return the prompts."""
        return types.ListPromptsResult(prompts=list(PROMPTS), ttl_ms=0, cache_scope="private")

    async def get_prompt(
        self, request: Request, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult:
        """Return the messages of a prompt."""
        prompts = Prompts(self._facts, self._uses(request))
        with _refusals():
            return await prompts.get(params.name, params.arguments or {})

    async def complete(
        self, request: Request, params: types.CompleteRequestParams
    ) -> types.CompleteResult:
        """Return values that continue what was typed."""
        with _refusals():
            return await Completer(self._facts, self._uses(request)).complete(params)

    def _uses(self, request: Request) -> Uses:
        return Uses(self._registry, self._make_door(Nobody(request), self._view).context())

    async def _own_tools(self, before: list[types.Tool]) -> list[types.Tool]:
        """Return the user's own tools by name, as many as keep a default list short."""
        own = self._registry.own
        if own is None:
            return []
        await own.entries()
        tools = (tool_of(entry) for entry in own.shown() if self._view.allows(entry))
        if self._view.names_own:
            return list(tools)
        left = LONGEST_LIST - sum(_size(tool) for tool in before)
        return list(_first(tools, left))

    async def _entry(self, name: str) -> HelperEntry:
        entry = await self._registry.look_up(name)
        if entry is None:
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {name[:100]}")
        if not self._view.offers(entry):
            hint = "call it with call_tool" if self._view.allows(entry) else "this is read-only"
            raise MCPError(types.INVALID_PARAMS, f"Tool {name} is not listed here; {hint}")
        return entry


def _waits(entry: HelperEntry) -> bool:
    return entry.asks or entry.name == RUNS or entry.group == OWN


def _first(tools: Iterable[types.Tool], left: int) -> Iterator[types.Tool]:
    """Yield the first tools that fit into so many bytes together."""
    for tool in tools:
        left -= _size(tool)
        if left < 0:
            return
        yield tool


def _size(tool: types.Tool) -> int:
    return len(tool.model_dump_json(by_alias=True, exclude_none=True).encode("utf-8")) + 1


@contextmanager
def _refusals() -> Generator[None]:
    """Pass a refusal on with its text, where the SDK would hide it."""
    try:
        yield
    except AifpError as refusal:
        raise MCPError(types.INTERNAL_ERROR, str(refusal)) from refusal
