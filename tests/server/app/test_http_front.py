"""The ports of the daemon, opened and given up."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from aifp.server.app.http_front import HttpFront
from aifp.server.daemon.lifetime import Lifetime
from tests.clock import FakeClock
from tests.server.mcp.http_wiring import http, initialize
from tests.server.mcp.living import Living
from tests.server.mcp.living import living as living

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def work() -> bool:
    return True


@asynccontextmanager
async def connection() -> AsyncGenerator[tuple[Streams, Streams]]:
    """Give both ends of one connection: the command's, then the daemon's."""
    ends = [await asyncio.open_connection(sock=end) for end in socket.socketpair()]
    try:
        yield ends[0], ends[1]
    finally:
        for _, writer in ends:
            writer.close()


async def require_a_port(front: HttpFront) -> None:
    """Open a port as the command does, be answered on it, and see it closed with the command."""
    async with connection() as (ours, theirs), asyncio.TaskGroup() as group:
        group.create_task(front.serve(*theirs, {"port": ["0"]}))
        told: dict[str, Any] = json.loads(await asyncio.wait_for(ours[0].readline(), 20))
        async with http() as client:
            assert (await client.post(told["url"], json=initialize())).status_code == 401
        ours[1].close()


@pytest.mark.parametrize("after", range(6))
async def test_a_command_that_goes_while_its_port_is_opened_takes_no_other_along(
    living: Living, after: int
) -> None:
    front = HttpFront(living.house, Lifetime(FakeClock(), work, 15))
    async with front.running():
        async with connection() as (_, theirs):
            going = asyncio.ensure_future(front.serve(*theirs, {"port": ["0"]}))
            for _ in range(after):
                await asyncio.sleep(0)
            going.cancel()
            (ended,) = await asyncio.gather(going, return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError)
        await require_a_port(front)
