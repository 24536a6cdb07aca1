"""Changes told to a client that does not read for a while."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from mcp.server.subscriptions import ResourceUpdated

from aifp.server.mcp.sessions import Sessions
from tests.server.mcp.wiring import RawClient, fixture_sessions

# Together several times what the buffers between both ends hold.
URIS = [f"aifp://directives/{number:04}{'x' * 4000}" for number in range(400)]
HELD = 65536


@asynccontextmanager
async def slow(sessions: Sessions) -> AsyncGenerator[RawClient]:
    """Connect a client that takes in only what it asks for."""
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=theirs)
    client = RawClient(*await asyncio.open_connection(sock=ours, limit=HELD))
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(sessions.serve(reader, writer, {}))
        await client.initialize()
        for number, uri in enumerate(URIS):
            assert "result" in await client.request(number, "resources/subscribe", uri=uri)
        yield client
        await client.close()
        await serving
        writer.close()


async def test_a_client_that_was_slow_hears_of_every_change_once_and_without_asking() -> None:
    sessions = fixture_sessions()
    async with slow(sessions) as client:
        for _ in range(3):
            for uri in URIS:
                await sessions.core.audience.publish(ResourceUpdated(uri=uri))
        heard: list[str] = []
        async with asyncio.timeout(20):
            while URIS[-1] not in heard:
                heard.append(json.loads(await client.reader.readline())["params"]["uri"])
    assert set(heard) == set(URIS) and len(heard) < 2 * len(URIS)


async def test_a_client_that_goes_with_changes_untold_holds_up_nobody() -> None:
    sessions = fixture_sessions()
    async with asyncio.timeout(20):
        async with slow(sessions):
            for uri in URIS:
                await sessions.core.audience.publish(ResourceUpdated(uri=uri))
        assert not sessions.core.audience.is_there
