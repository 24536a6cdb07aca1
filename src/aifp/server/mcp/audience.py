"""Everyone who wants to hear of changes, in both protocol eras."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import mcp_types as types
from mcp import MCPError
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ServerEvent
from mcp.shared.subscriptions import ResourceUpdated, event_to_notification

from aifp.server.mcp.people import Request

# More than any client watches; beyond it somebody fills memory.
MAX_SUBSCRIPTIONS = 1000


class Ear(Protocol):
    """One connection of the handshake era."""

    def tell(self, note: types.ServerNotification) -> None:
        """Send a notification without ever waiting."""
        ...


class Audience:
    """Listeners of 2026-07-28 through the bus, connections before it as ears."""

    def __init__(self) -> None:
        self.bus = InMemorySubscriptionBus()
        # Awaited before a newcomer is answered, so that it hears of every change from then on.
        self.before_first: Callable[[], Awaitable[None]] | None = None
        self._listen = ListenHandler(self.bus)
        self._streams = 0
        self._watched: dict[Ear, set[str]] = {}

    @property
    def is_there(self) -> bool:
        """Tell whether anybody would hear of a change."""
        return bool(self._watched) or self._streams > 0

    async def join(self, ear: Ear) -> None:
        """Let a connection hear of changed lists."""
        self._watched.setdefault(ear, set())
        await self._greet()

    async def listen(
        self, request: Request, params: types.SubscriptionsListenRequestParams
    ) -> types.SubscriptionsListenResult:
        """Serve one stream of a listener of 2026-07-28, as long as it lives."""
        self._streams += 1
        try:
            await self._greet()
            return await self._listen(request, params)
        finally:
            self._streams -= 1

    async def _greet(self) -> None:
        if self.before_first is not None:
            await self.before_first()

    def leave(self, ear: Ear) -> None:
        """Forget a connection that has ended."""
        self._watched.pop(ear, None)

    async def watch(self, ear: Ear, uri: str) -> None:
        """Let a connection hear of one resource."""
        await self.join(ear)
        uris = self._watched.setdefault(ear, set())
        if len(uris) >= MAX_SUBSCRIPTIONS and uri not in uris:
            raise MCPError(types.INVALID_REQUEST, f"more than {MAX_SUBSCRIPTIONS} subscriptions")
        uris.add(uri)

    def unwatch(self, ear: Ear, uri: str) -> None:
        """Let a connection hear of one resource no longer."""
        self._watched.get(ear, set()).discard(uri)

    async def publish(self, event: ServerEvent) -> None:
        """Tell everyone concerned, and wait for none of them."""
        note = event_to_notification(event, {})
        for ear, uris in list(self._watched.items()):
            if not isinstance(event, ResourceUpdated) or event.uri in uris:
                ear.tell(note)
        await self.bus.publish(event)
