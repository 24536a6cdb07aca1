"""The daemon's HTTP side: ports that are opened for somebody, or by a setting."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

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
    """Opens and closes ports; all of them lead to one door."""

    def __init__(self, house: House, lifetime: Lifetime) -> None:
        self._settings = house.settings
        self._lifetime = lifetime
        self._sessions = house.sessions
        self._group: asyncio.TaskGroup | None = None
        self._open: set[Listener] = set()
        self._door: HttpDoor | None = None

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Serve while the context is open; requests in flight may finish at its end."""
        token = own_token(self._settings.project, BEARER)
        offer = OfferByRequest(self._sessions.offer)
        self._door = HttpDoor(offer, self._sessions.core, token)
        async with self._door.running(), asyncio.TaskGroup() as group:
            self._group = group
            try:
                await self._listen_by_setting()
                yield
            finally:
                for listener in self._open:
                    listener.close()

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, options: JsonMap
    ) -> None:
        """Keep a port open for as long as the command that asked for it lives."""
        try:
            listener = await self._listen(_port(options.pop("port", None)), options)
        except AifpError as fault:
            await _say(writer, {"error": str(fault)})
            return
        try:
            await _say(writer, self._where(listener))
            await reader.read()
        finally:
            listener.close()

    async def _listen_by_setting(self) -> None:
        if self._settings.http_port is None:
            return
        try:
            await self._listen(self._settings.http_port, {})
        except AifpError as fault:
            # Automations run, whoever has taken the port.
            logger.error("%s", fault)

    def _where(self, listener: Listener) -> JsonMap:
        token_file = self._settings.project / STATE / BEARER
        return {"url": f"http://{HOST}:{listener.port}{PATH}", "token_file": str(token_file)}

    async def _listen(self, port: int, options: JsonMap) -> Listener:
        """Take a port and answer on it until the listener is closed."""
        listener = Listener(self._counted(options), HOST, port, "MCP over HTTP")
        bound: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._group is None:
            raise InvalidArgument("The daemon is ending.")
        self._group.create_task(self._answer(listener, bound))
        await bound
        return listener

    async def _answer(self, listener: Listener, bound: "asyncio.Future[None]") -> None:
        try:
            with listener.bound() as listening:
                self._open.add(listener)
                bound.set_result(None)
                await listener.serve(listening)
        except AifpError as fault:
            bound.set_exception(fault)
        finally:
            self._open.discard(listener)

    def _counted(self, options: JsonMap) -> ASGIApp:
        """Return the door with a listener's options; who makes a request is a client."""
        door = self._door

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            scope[OPTIONS] = options
            with self._lifetime.client():
                if door is not None:
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
