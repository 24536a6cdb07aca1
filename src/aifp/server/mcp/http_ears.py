"""Sessions of the handshake era over HTTP, as ears of the audience."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

import mcp_types as types
from mcp import MCPError
from mcp.server.session import ServerSession
from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from starlette.requests import Request as HttpRequest

from aifp.server.mcp.audience import Audience
from aifp.server.mcp.owed import Owed
from aifp.server.mcp.people import Request


class Ears:
    """One ear for each session."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._by_session: dict[str, HttpEar] = {}
        self._group: asyncio.TaskGroup | None = None

    @contextmanager
    def open(self, group: asyncio.TaskGroup) -> Generator[None]:
        """Send what ears hear from this group."""
        self._group = group
        try:
            yield
        finally:
            self._group = None
            for session_id in list(self._by_session):
                self.forget(session_id)

    def of(self, request: Request) -> "HttpEar":
        """Return the ear of the session behind a request."""
        http = cast("HttpRequest", request.request)
        session_id = http.headers.get(MCP_SESSION_ID_HEADER)
        # Since 2026-07-28 there are no sessions; a header may say what it likes.
        modern = request.protocol_version in MODERN_PROTOCOL_VERSIONS
        if modern or session_id is None or self._group is None:
            raise MCPError(types.INVALID_REQUEST, "there is no session to tell")
        if session_id not in self._by_session:
            self._by_session[session_id] = HttpEar(request.session, self._group)
        return self._by_session[session_id]

    def forget(self, session_id: str) -> None:
        """Let go of a session that has ended."""
        ear = self._by_session.pop(session_id, None)
        if ear is not None:
            self._audience.leave(ear)
            ear.close()


class HttpEar:
    """Implements Ear for one session."""

    def __init__(self, session: ServerSession, group: asyncio.TaskGroup) -> None:
        self._owed = Owed[types.ServerNotification](session.send_notification)
        self._sending = group.create_task(self._owed.run())

    def tell(self, note: types.ServerNotification) -> None:
        """Send a notification without ever waiting."""
        self._owed.add(note)

    def close(self) -> None:
        """Send nothing more."""
        self._sending.cancel()
