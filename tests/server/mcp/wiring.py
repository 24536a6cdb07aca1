"""Wire real sessions to real sockets for the tests."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Self, cast

import anyio
import mcp_types as types
from mcp.client._transport import TransportStreams
from mcp.client.client import Client
from mcp.shared.message import SessionMessage

from aifp.helpers.contract import marks_of
from aifp.schemas.catalog import HelperEntry
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx, Door
from aifp.schemas.reports import DayPlan
from aifp.schemas.settings import Settings
from aifp.schemas.standings import OwnTool, Standing
from aifp.server.catalog.build import describe
from aifp.server.mcp.registry import AuditLine, Registry
from aifp.server.mcp.sessions import Sessions
from tests.server.mcp import fixture_tools


class FrozenClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        await event.wait()
        return True


class NoFacts:
    """A project without directives."""

    async def standings(self) -> list[Standing]:
        return []

    async def own_tools(self) -> list[OwnTool]:
        return []

    async def timezone(self) -> str:
        return "UTC"

    async def plan_of(self, day: str) -> DayPlan:
        return DayPlan(day=day, timezone="UTC", due=[])


def entries_of(module: ModuleType) -> list[HelperEntry]:
    """Describe every tool of a module."""
    tools = [function for function in vars(module).values() if callable(function)]
    return [
        describe(function, "fixture", module.__name__)
        for function in tools
        if function.__dict__.get("marks") and marks_of(function)
    ]


def fixture_registry(audit: Callable[[AuditLine], None] | None = None) -> Registry:
    """Return a registry of the fixture tools."""
    entries = entries_of(fixture_tools)
    return Registry(entries, load_fixture, audit or (lambda line: None))


def load_fixture(entry: HelperEntry) -> Callable[..., Any]:
    """Return a fixture tool."""
    return getattr(fixture_tools, entry.name)


def data_of(answer: types.CallToolResult) -> dict[str, Any]:
    """Return the structure of an answer."""
    return cast("dict[str, Any]", answer.structured_content)


def make_context(door: Door) -> Ctx:
    """Return a Ctx that has a door and a clock and nothing else."""
    fields: dict[str, Any] = dict.fromkeys(Ctx.__dataclass_fields__)
    return replace(Ctx(**fields), door=door, clock=FrozenClock(), actor="ai")


def fixture_sessions(**settings: Any) -> Sessions:
    """Return sessions over the fixture tools."""
    values = Settings(project=Path("/tmp"), config_folder=Path("/tmp"), **settings)  # noqa: S108
    return Sessions(fixture_registry(), values, make_context, NoFacts(), "9.9.9")


@asynccontextmanager
async def listening(sessions: Sessions, options: JsonMap | None = None) -> AsyncGenerator[int]:
    """Serve sessions on a loopback port."""
    async with asyncio.TaskGroup() as group:

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await sessions.serve(reader, writer, options or {})
            finally:
                writer.close()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.append(group.create_task(serve(reader, writer)))

        tasks: list[asyncio.Task[None]] = []
        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in tasks:
                task.cancel()


@asynccontextmanager
async def socket_transport(port: int) -> AsyncGenerator[TransportStreams]:
    """Speak newline-delimited JSON over a socket, as the stdio client does over pipes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 26)
    async with stream_transport(reader, writer) as streams:
        yield streams


@asynccontextmanager
async def stream_transport(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> AsyncGenerator[TransportStreams]:
    """Turn a byte stream into the client's message streams."""
    to_client, from_server = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    to_server, from_client = anyio.create_memory_object_stream[SessionMessage](0)

    async def read() -> None:
        async with to_client:
            # A client that is just ending hears no more of what is still told.
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                while line := await reader.readline():
                    message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
                    await to_client.send(SessionMessage(message))

    async def write() -> None:
        async with from_client:
            async for item in from_client:
                text = item.message.model_dump_json(by_alias=True, exclude_unset=True)
                writer.write(text.encode() + b"\n")
                await writer.drain()

    async with anyio.create_task_group() as group:
        group.start_soon(read)
        group.start_soon(write)
        try:
            yield from_server, to_server
        finally:
            group.cancel_scope.cancel()
            to_client.close()
            from_server.close()
            to_server.close()
            from_client.close()
            writer.close()


@asynccontextmanager
async def connected(port: int, mode: str, **keywords: Any) -> AsyncGenerator[Client]:
    """Connect the SDK's client in one era."""
    async with Client(
        cast("Any", socket_transport(port)), mode=cast("Any", mode), **keywords
    ) as client:
        yield client


class RawClient:
    """Bytes and lines, for what no decent client sends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 26))

    async def send(self, data: bytes | dict[str, Any]) -> None:
        line = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.writer.write(line + b"\n")
        await self.writer.drain()

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            line = await self.reader.readline()
        assert line, "the server closed the stream"
        return json.loads(line)

    async def request(self, request_id: object, method: str, **params: Any) -> dict[str, Any]:
        await self.send({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        return await self.receive()

    async def initialize(self) -> dict[str, Any]:
        answer = await self.request(
            "init",
            "initialize",
            protocolVersion="2025-11-25",
            capabilities={},
            clientInfo={"name": "raw", "version": "1"},
        )
        await self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer

    async def alive(self) -> bool:
        answer = await self.request("alive?", "tools/call", name="echo", arguments={"text": "hi"})
        while answer.get("id") != "alive?":
            answer = await self.receive()
        return answer["result"]["structuredContent"]["text"] == "hi"

    async def close(self) -> None:
        self.writer.close()
