"""Serve MCP clients, each over its own stream, in whichever era it speaks."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import mcp_types as types
from mcp.server.subscriptions import ToolsListChanged

from aifp.helpers.contract import guarded
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.ports import Clock, Door
from aifp.schemas.settings import Settings
from aifp.server.mcp.core import AifpServer, make_core, make_server
from aifp.server.mcp.door import CallDoor, MakeContext
from aifp.server.mcp.facts import Facts
from aifp.server.mcp.news import News
from aifp.server.mcp.offer import Offer
from aifp.server.mcp.owed import Owed
from aifp.server.mcp.people import Nobody, Person
from aifp.server.mcp.project import ProjectOffer
from aifp.server.mcp.registry import Registry
from aifp.server.mcp.user_tools import UserTools
from aifp.server.mcp.view import View, unknown_in, view_of
from aifp.server.mcp.wire import Wire

logger = logging.getLogger(__name__)


class Sessions:
    """Every MCP connection of this process and what they share."""

    def __init__(
        self,
        registry: Registry,
        settings: Settings,
        make_context: MakeContext,
        facts: Facts,
        version: str,
    ) -> None:
        self.registry = registry
        self.make_context = make_context
        self.core = make_core(version)
        self.news = News(self.core.audience, facts)
        self.core.audience.before_first = self.news.begin
        registry.on_written.append(self.news.stir)
        registry.own = UserTools(facts, [entry.name for entry in registry.entries])
        # Lines, empty lines, refused, stray and dropped messages since the start.
        self.counts: Counter[str] = Counter()
        self._settings, self._facts = settings, facts

    @asynccontextmanager
    async def running(self, clock: Clock) -> AsyncGenerator[None]:
        """Let calls become tasks, and tell what changes, while the context is open."""
        following = asyncio.ensure_future(self.news.follow(clock))
        try:
            async with self.core.tasks.running(clock):
                yield
        finally:
            following.cancel()
            await asyncio.wait([following])

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, options: JsonMap
    ) -> None:
        """Serve one client until its input ends."""
        if self.registry.own is not None:
            # So that the client may have asked for them by name.
            await guarded("own tools", self.registry.own.entries())
        await self.serve_offer(self.offer(options), Wire(reader, writer, self.counts))

    async def serve_offer(self, offer: Offer, wire: Wire) -> None:
        """Serve what is offered over one stream."""
        client = Client(wire)
        server = make_server(offer, self.core, lambda _: client)
        try:
            await client.serve(server)
        finally:
            self.core.audience.leave(client)

    def refusal(self, options: JsonMap) -> str | None:
        """Say why a connection with these options cannot be served."""
        own = self.registry.own
        known = [*self.registry.entries, *(own.known.values() if own else ())]
        return unknown_in(view_of(self._settings, options), known)

    def offer(self, options: JsonMap) -> ProjectOffer:
        """Return what a connection with these options is offered; unknown names are refused."""
        if refusal := self.refusal(options):
            raise InvalidArgument(refusal)
        view = view_of(self._settings, options)
        return ProjectOffer(self.registry, view, self.door, self._facts)

    async def tools_changed(self) -> None:
        """Tell every client, in both eras, and wait for none of them."""
        await self.core.audience.publish(ToolsListChanged())

    def background_door(self) -> Door:
        """Return the Door of work that no client asked for."""
        view = View(toolsets=("all",), read_only=self._settings.read_only)
        return self.door(Nobody(), view)

    def door(self, person: Person, view: View) -> CallDoor:
        """Return the Door of one call."""
        return CallDoor(person, self.registry, view, self.make_context, self.tools_changed)


class Client:
    """One connection over a byte stream; implements Ear."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._owed = Owed[types.JSONRPCNotification](wire.write)

    async def serve(self, server: AifpServer) -> None:
        """Run the server between the two halves of the stream."""
        try:
            await self._run(server)
        except* (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            # The SDK's own streams race when a connection ends while a message comes in.
            logger.info("a connection ended in the middle of a message")

    async def _run(self, server: AifpServer) -> None:
        options = server.create_initialization_options()
        async with asyncio.TaskGroup() as group:
            ours = [group.create_task(work) for work in (self._wire.pump(), self._owed.run())]
            try:
                await server.run(self._wire.incoming, self._wire.outgoing, options)
            finally:
                for task in ours:
                    task.cancel()

    def tell(self, note: types.ServerNotification) -> None:
        """Send a notification without ever waiting."""
        data = note.model_dump(by_alias=True, mode="json", exclude_none=True)
        self._owed.add(types.JSONRPCNotification(jsonrpc="2.0", **data))
