"""The daemon's HTTP side: ports that are opened for somebody, or by a setting."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import JsonValue
from starlette.types import ASGIApp, Receive, Scope, Send

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError, InvalidArgument
from aifp.server.adapters.listener import Listener
from aifp.server.app.wiring import House, own_token
from aifp.server.config import STATE
from aifp.server.daemon.lifetime import Lifetime
from aifp.server.mcp.http import HttpDoor
from aifp.server.mcp.http_guard import PATH
from aifp.server.mcp.http_offer import OPTIONS, OfferByRequest

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
BEARER = "http.token"


class HttpFront:
    """Opens ports; each leads to a door of its own, all of them to the same sessions."""

    def __init__(self, house: House, lifetime: Lifetime) -> None:
        self._settings = house.settings
        self._lifetime = lifetime
        self._sessions = house.sessions

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Serve on the port of the setting, if there is one, while the context is open."""
        async with AsyncExitStack() as stack:
            if self._settings.http_port is not None:
                try:
                    await stack.enter_async_context(self._listening(self._settings.http_port, {}))
                except AifpError as fault:
                    # Automations run, whoever has taken the port.
                    logger.error("%s", fault)
            yield

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, options: JsonMap
    ) -> None:
        """Keep a port open for as long as the command that asked for it lives."""
        try:
            port = _port(options.pop("port", None))
            async with self._listening(port, options) as listener:
                await _say(writer, self._where(listener))
                await reader.read()
        except AifpError as fault:
            await _say(writer, {"error": str(fault)})

    def _where(self, listener: Listener) -> JsonMap:
        token_file = self._settings.project / STATE / BEARER
        return {"url": f"http://{HOST}:{listener.port}{PATH}", "token_file": str(token_file)}

    @asynccontextmanager
    async def _listening(self, port: int, options: JsonMap) -> AsyncGenerator[Listener]:
        """Answer on a port while the context is open; requests in flight may finish at its end."""
        token = own_token(self._settings.project, BEARER)
        door = HttpDoor(OfferByRequest(self._sessions.offer), self._sessions.core, token)
        listener = Listener(self._counted(door, options), HOST, port, "MCP over HTTP")
        with listener.bound() as listening:
            async with door.running(), asyncio.TaskGroup() as group:
                serving = group.create_task(listener.serve(listening))
                try:
                    yield listener
                finally:
                    listener.close()
                    # The group would cut off what is in flight when the context is cancelled.
                    await serving

    def _counted(self, door: ASGIApp, options: JsonMap) -> ASGIApp:
        """Return a door with a listener's options; who makes a request is a client."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            scope[OPTIONS] = options
            with self._lifetime.client():
                await door(scope, receive, send)

        return application


def _port(given: JsonValue) -> int:
    """Return the port of a greeting: `port=8000` comes as a list of one word."""
    word = given[0] if isinstance(given, list) and given else "0"
    if not (isinstance(word, str) and word.isdecimal() and int(word) < 65536):
        raise InvalidArgument(f"A port is 0 to 65535, not {word!r}.")
    return int(word)


async def _say(writer: asyncio.StreamWriter, answer: JsonMap) -> None:
    writer.write(json.dumps(answer).encode("ascii") + b"\n")
    await writer.drain()
