"""The daemon's front: take connections in, hear what they are for, serve them, end in order."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import cast

from aifp.helpers.contract import guarded
from aifp.schemas.common import JsonMap
from aifp.server.daemon.address import GREETING, MAX_GREETING, WELCOME
from aifp.server.daemon.control import Handlers, serve_control
from aifp.server.daemon.endpoint import Endpoint, listening
from aifp.server.daemon.flags import options_of
from aifp.server.daemon.lifetime import Lifetime, ending_on_signals

logger = logging.getLogger(__name__)

GREETING_SECONDS = 5.0
CLOSE_SECONDS = 2.0
CONTROL = "control"

ServeClient = Callable[[asyncio.StreamReader, asyncio.StreamWriter, JsonMap], Awaitable[None]]
# Says in one line why a connection with these options cannot be served; None when it can.
Refuse = Callable[[JsonMap], str | None]


class Daemon:
    """Serves MCP clients and the command line of one project.

    `streams` says who serves a connection, by the kind its greeting names; `control` is our own.
    """

    def __init__(
        self,
        project: Path,
        streams: Mapping[str, ServeClient],
        handlers: Handlers,
        lifetime: Lifetime,
        refuse: Refuse = lambda _: None,
    ) -> None:
        self._project = project
        self._refuse = refuse
        self._streams = streams
        self._handlers = handlers
        self._lifetime = lifetime

    async def run(self) -> str:
        """Serve until the lifetime is over; return why it was."""
        async with asyncio.TaskGroup() as group:
            tasks: set[asyncio.Task[None]] = set()

            def accept(
                endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
            ) -> None:
                task = group.create_task(self._connection(endpoint, reader, writer))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

            async with listening(self._project, accept):
                with ending_on_signals(self._lifetime.end):
                    reason = await self._lifetime.run()
            logger.warning("the daemon ends: %s", reason)
            for task in tasks:
                task.cancel()
        return reason

    async def _connection(
        self, endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            with self._lifetime.client():
                await guarded("a connection", self._session(endpoint, reader, writer))
        finally:
            writer.close()
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await writer.wait_closed()

    async def _session(
        self, endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if not endpoint.may_enter(writer):
            logger.warning("another user of this machine was turned away")
            return
        kind, options = await _greeting(reader)
        refusal = _refusal(endpoint, {*self._streams, CONTROL}, kind, options)
        if kind != CONTROL:
            # Whatever clients are not offered, the person at the terminal gets through.
            refusal = refusal or self._refuse(options)
        writer.write(f"no {refusal}\n".encode() if refusal else WELCOME)
        if refusal:
            logger.warning("a connection was refused: %s", refusal)
            return
        with suppress(ConnectionError):
            if kind == CONTROL:
                await serve_control(reader, writer, self._handlers)
            else:
                await self._streams[kind](reader, writer, options)


async def _greeting(reader: asyncio.StreamReader) -> tuple[str, JsonMap]:
    """Read `aifp 1 mcp key=value,value flag`; what does not come in time is no greeting."""
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            line = await reader.readuntil(b"\n")
    except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return "", {}
    text = line[:MAX_GREETING].decode("utf-8", "replace").rstrip("\n")
    if not text.startswith(GREETING + " "):
        return "", {}
    wish = text.removeprefix(GREETING + " ")
    return wish.partition(" ")[0], cast("JsonMap", options_of(wish))


def _refusal(endpoint: Endpoint, known: set[str], kind: str, options: JsonMap) -> str | None:
    token = options.pop("token", [""])
    if kind not in known:
        return "This daemon speaks another protocol: run `aifp stop` and start again."
    if not endpoint.knows(str(token[0]) if isinstance(token, list) and token else ""):
        return "The token is wrong."
    return None
