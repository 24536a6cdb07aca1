"""MCP over streamable HTTP, in whichever era each request speaks, from the one server core."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from mcp.server.auth.middleware.bearer_auth import AuthorizationContext
from mcp.server.streamable_http import StreamableHTTPServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import Receive, Scope, Send

from aifp.server.mcp.core import AifpServer, Core, make_server
from aifp.server.mcp.http_ears import Ears
from aifp.server.mcp.http_events import SessionEvents
from aifp.server.mcp.http_guard import Guard
from aifp.server.mcp.offer import Offer

MAX_SESSIONS = 64
# A client that lost its stream comes back after this.
RETRY_MS = 500


class HttpDoor:
    """One ASGI application; it may be served on several ports."""

    def __init__(self, offer: Offer, core: Core, token: str) -> None:
        self._ears = Ears(core.audience)
        self.server = make_server(offer, core, self._ears.of)
        self._sessions = _Sessions(self.server, self._ears)
        self._guard = Guard(self._sessions.handle_request, token)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Take requests while the context is open."""
        async with asyncio.TaskGroup() as group, self._sessions.run():
            with self._ears.open(group):
                yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._guard(scope, receive, send)


class _Sessions(StreamableHTTPSessionManager):
    """The SDK's sessions of the handshake era, each with a memory of its own.

    The SDK gives all sessions one event store, in which the streams of two clients that count
    their requests alike are one. If it should rename this hook there is no store, so no leak.
    """

    def __init__(self, server: AifpServer, ears: Ears) -> None:
        super().__init__(server, retry_interval=RETRY_MS, max_sessions=MAX_SESSIONS)
        self._ears = ears

    def _admit_session(
        self, requestor: AuthorizationContext | None
    ) -> StreamableHTTPServerTransport | None:
        self.event_store = SessionEvents()
        return super()._admit_session(requestor)

    async def _discard_session(
        self, session_id: str, transport: StreamableHTTPServerTransport
    ) -> None:
        self._ears.forget(session_id)
        await super()._discard_session(session_id, transport)
