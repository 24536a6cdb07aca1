"""Serve MCP clients, each over its own stream, in whichever era it speaks."""

import asyncio
import logging
from collections import Counter
from typing import Any

import anyio
import mcp_types as types
from mcp import MCPError
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ToolsListChanged

from aifp.schemas.catalog import HelperEntry
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import NeedsInput
from aifp.schemas.ports import Door
from aifp.schemas.settings import Settings
from aifp.server.mcp.door import CallDoor, MakeContext
from aifp.server.mcp.instructions import INSTRUCTIONS
from aifp.server.mcp.people import AskedBetweenCalls, Nobody, Person, Request, person_behind
from aifp.server.mcp.registry import Registry
from aifp.server.mcp.results import to_wire
from aifp.server.mcp.view import View, view_of
from aifp.server.mcp.wire import Wire

logger = logging.getLogger(__name__)

_CHANGED = types.JSONRPCNotification(jsonrpc="2.0", method="notifications/tools/list_changed")


class Sessions:
    """Every MCP connection of this process and what they share."""

    def __init__(
        self, registry: Registry, settings: Settings, make_context: MakeContext, version: str
    ) -> None:
        self.registry = registry
        self.make_context = make_context
        self.version = version
        self.bus = InMemorySubscriptionBus()
        self.listen = ListenHandler(self.bus)
        # The key lives as long as the process: a question outlives no daemon.
        self.boundary = RequestStateBoundary(
            RequestStateSecurity.ephemeral(), default_audience="aifp"
        )
        # Lines, empty lines, refused, stray and dropped messages since the start.
        self.counts: Counter[str] = Counter()
        self._settings = settings
        self._clients: set[Client] = set()

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, options: JsonMap
    ) -> None:
        """Serve one client until its input ends."""
        client = Client(self, Wire(reader, writer, self.counts), view_of(self._settings, options))
        self._clients.add(client)
        try:
            await client.serve()
        finally:
            self._clients.discard(client)

    async def tools_changed(self) -> None:
        """Tell every client, in both eras, and wait for none of them."""
        for client in list(self._clients):
            client.tools_changed()
        await self.bus.publish(ToolsListChanged())

    def background_door(self) -> Door:
        """Return the Door of work that no client asked for."""
        view = View(toolsets=("all",), read_only=self._settings.read_only)
        return self.door(Nobody(), view)

    def door(self, person: Person, view: View) -> CallDoor:
        """Return the Door of one call."""
        return CallDoor(person, self.registry, view, self.make_context, self.tools_changed)


class Client:
    """One connection: its stream, its view of the tools, its SDK server."""

    def __init__(self, sessions: Sessions, wire: Wire, view: View) -> None:
        self._sessions = sessions
        self._wire = wire
        self._view = view
        self._initialized = False

    async def serve(self) -> None:
        """Run the SDK's server between the two halves of the stream."""
        try:
            await self._run()
        except* (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            # The SDK's own streams race when a connection ends while a message comes in.
            logger.info("a connection ended in the middle of a message")

    async def _run(self) -> None:
        server = self._server()
        changes = NotificationOptions(tools_changed=True)
        options = server.create_initialization_options(changes)
        async with asyncio.TaskGroup() as group:
            pump = group.create_task(self._wire.pump())
            try:
                await server.run(self._wire.incoming, self._wire.outgoing, options)
            finally:
                pump.cancel()

    def tools_changed(self) -> None:
        """Send the notification of the handshake era."""
        if self._initialized:
            self._wire.announce(_CHANGED)

    def _server(self) -> Server[Any]:
        server: Server[Any] = Server(
            "aifp",
            version=self._sessions.version,
            title="AIFP",
            instructions=INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_subscriptions_listen=self._sessions.listen,
        )
        # Tracing is not offered and costs a tenth of a call; the boundary seals questions.
        server.middleware[:] = [self._sessions.boundary]
        server.add_notification_handler(
            "notifications/initialized", types.NotificationParams, self._on_initialized
        )
        return server

    async def _on_initialized(self, _: Request, __: types.NotificationParams) -> None:
        self._initialized = True

    async def _list_tools(
        self, _: Request, __: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        listed = self._view.listed(self._sessions.registry.entries)
        tools = [tool_of(entry) for entry in listed]
        return types.ListToolsResult(tools=tools, ttl_ms=0, cache_scope="private")

    async def _call_tool(
        self, request: Request, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        entry = self._entry(params.name)
        person = person_behind(request, params)
        context = self._sessions.door(person, self._view).context()
        try:
            answer = await self._sessions.registry.run(context, entry, params.arguments or {})
        except NeedsInput as needed:
            if not isinstance(person, AskedBetweenCalls):
                raise MCPError(
                    types.INTERNAL_ERROR, "A question was asked in a wrong way"
                ) from None
            return person.question(needed)
        return to_wire(answer)

    def _entry(self, name: str) -> HelperEntry:
        entry = self._sessions.registry.find(name)
        if entry is None:
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {name[:100]}")
        if not self._view.offers(entry):
            hint = "call it with call_tool" if self._view.allows(entry) else "this is read-only"
            raise MCPError(types.INVALID_PARAMS, f"Tool {name} is not listed here; {hint}")
        return entry


def tool_of(entry: HelperEntry) -> types.Tool:
    """Return the MCP description of a tool; output schemas are left out to save context."""
    hints = entry.hints
    annotations = hints and types.ToolAnnotations(
        read_only_hint=hints.read_only,
        destructive_hint=hints.destructive,
        idempotent_hint=hints.idempotent,
        open_world_hint=hints.open_world,
    )
    return types.Tool(
        name=entry.name,
        title=entry.title,
        description=entry.description,
        input_schema=entry.input_schema,
        annotations=annotations,
    )
