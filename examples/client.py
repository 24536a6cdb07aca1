#!/usr/bin/env python3
"""Take a new three-line directive from its file to active, and count what that costs a client.

Uses the official `mcp` client over stdio, in a throw-away project. Exits with 1 when it takes more
than 6 calls or more than 12,000 tokens in and out, tools/list and every protocol message included.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from demo_parts.project import AIFP, Failed, Project, reasons, throwaway_project
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import ElicitRequestParams, ElicitResult
from rich.console import Console

DIRECTIVE = """\
- name: hourly_note
  every: hour
  do: log "Another hour has gone"
"""
FILE = "directives/hourly.yaml"
MOST_CALLS, MOST_TOKENS = 6, 12_000
# A common rule of thumb for English and JSON.
BYTES_PER_TOKEN = 4
STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("user_directive_parse", {"file_path": FILE}),
    ("user_directive_validate", {"name": "hourly_note"}),
    ("user_directive_implement", {"name": "hourly_note"}),
    ("user_directive_approve", {"name": "hourly_note"}),
    ("user_directive_activate", {"name": "hourly_note"}),
)
console = Console(highlight=False, markup=False)


@dataclass(slots=True)
class Meter:
    """Counts the bytes of every message, both ways."""

    sent: int = 0
    received: int = 0

    @property
    def tokens(self) -> int:
        """Return what was counted so far, in tokens."""
        return (self.sent + self.received) // BYTES_PER_TOKEN


class CountedReader:
    """Hands on what the server says, and counts it."""

    def __init__(self, stream: Any, meter: Meter) -> None:
        self._stream, self._meter = stream, meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def __aenter__(self) -> "CountedReader":
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *raised: Any) -> bool | None:
        return await self._stream.__aexit__(*raised)

    def __aiter__(self) -> "CountedReader":
        return self

    async def __anext__(self) -> Any:
        return self._counted(await self._stream.__anext__())

    async def receive(self) -> Any:
        """Return the next message."""
        return self._counted(await self._stream.receive())

    def _counted(self, item: Any) -> Any:
        self._meter.received += size(item)
        return item


class CountedWriter:
    """Hands on what the client says, and counts it."""

    def __init__(self, stream: Any, meter: Meter) -> None:
        self._stream, self._meter = stream, meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def __aenter__(self) -> "CountedWriter":
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *raised: Any) -> bool | None:
        return await self._stream.__aexit__(*raised)

    async def send(self, item: Any) -> None:
        """Send a message."""
        self._meter.sent += size(item)
        await self._stream.send(item)


def size(item: Any) -> int:
    """Return the bytes of a message on the wire, with its line end."""
    if isinstance(item, Exception):
        return 0
    return len(item.message.model_dump_json(by_alias=True, exclude_none=True).encode()) + 1


@asynccontextmanager
async def counted(serve: StdioServerParameters, meter: Meter) -> AsyncGenerator[tuple[Any, Any]]:
    """Start `aifp serve` and count everything that goes through its stdin and stdout."""
    async with stdio_client(serve) as (reader, writer):
        yield CountedReader(reader, meter), CountedWriter(writer, meter)


async def person(context: object, params: ElicitRequestParams) -> ElicitResult:
    """Show the person the request; without a terminal this throw-away project says yes itself."""
    console.print(f"\n--- what the person sees\n{params.message}\n---")
    if not sys.stdin.isatty():
        console.print("no terminal: this script answers for its throw-away project\n")
        return ElicitResult(action="accept", content={"approve": True})
    said = await asyncio.to_thread(input, "Approve? [y/N] ")
    return ElicitResult(action="accept", content={"approve": said.strip().lower() == "y"})


async def walk(project: Project, meter: Meter) -> int:
    """Go from file to active; return how many calls it took."""
    serve = StdioServerParameters(
        command=AIFP[0],
        args=[*AIFP[1:], "serve", "--project", str(project.folder)],
        env=project.environment,
    )
    async with Client(counted(serve, meter), elicitation_callback=person) as client:
        told: dict[str, Any] = {}
        tools = (await client.list_tools()).tools
        console.print(f"tools/list: {len(tools)} tools, {meter.tokens} tokens so far")
        for tool, arguments in STEPS:
            told = await call(client, tool, arguments)
            console.print(f"{tool}: {meter.tokens} tokens so far")
    if told.get("new_status") != "active":
        raise Failed(f"The directive is not active: {told}")
    return 1 + len(STEPS)


async def call(client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call a tool and return its answer; a refusal ends the walk."""
    answer = await client.call_tool(tool, arguments)
    told: dict[str, Any] = answer.structured_content or {}
    if answer.is_error or not told.get("success"):
        raise Failed(f"{tool}: {told}")
    return told


async def measured() -> int:
    """Do it all in a throw-away project; return the exit code."""
    meter = Meter()
    with throwaway_project() as project:
        (project.folder / FILE).write_text(DIRECTIVE, encoding="utf-8")
        calls = await walk(project, meter)
    console.print(f"\n{calls} calls with tools/list (at most {MOST_CALLS})")
    console.print(
        f"{meter.tokens} tokens (at most {MOST_TOKENS}): "
        f"{meter.sent} bytes sent, {meter.received} bytes received"
    )
    return 0 if calls <= MOST_CALLS and meter.tokens <= MOST_TOKENS else 1


def main() -> int:
    """Run the walk and return its exit code."""
    code = 1
    try:
        code = asyncio.run(measured())
    except* Failed as failed:
        console.print(f"Failed: {'; '.join(reasons(failed))}")
    return code


if __name__ == "__main__":
    sys.exit(main())
