"""Serve the fixtures as aifp serves a project over HTTP: `python -m ...` prints its address.

The same core, door, guard, listener and tasks; the suite cannot send a token, so one is put into
its requests before the guard sees them.
"""

import asyncio
import sys

import mcp_types as types
from starlette.types import ASGIApp, Receive, Scope, Send

from aifp.server.adapters.clock import SystemClock
from aifp.server.adapters.listener import Listener
from aifp.server.mcp.core import make_core
from aifp.server.mcp.http import HttpDoor
from aifp.server.mcp.people import Request
from tests.conformance.offering import FixtureOffer

BEARER = "known-to-both"


def with_token(door: ASGIApp) -> ASGIApp:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        scope["headers"] = [*scope["headers"], (b"authorization", f"Bearer {BEARER}".encode())]
        await door(scope, receive, send)

    return application


async def set_level(_: Request, params: types.SetLevelRequestParams) -> types.EmptyResult:
    return types.EmptyResult()


async def serve() -> None:
    core = make_core("9.9.9")
    door = HttpDoor(FixtureOffer(core.audience), core, BEARER)
    # aifp writes its logs to files; only the suite wants them over the protocol.
    door.server.add_request_handler("logging/setLevel", types.SetLevelRequestParams, set_level)
    listener = Listener(with_token(door), "127.0.0.1", 0)
    with listener.bound() as bound:
        async with core.tasks.running(SystemClock()), door.running():
            sys.stdout.write(f"http://127.0.0.1:{listener.port}/mcp\n")
            sys.stdout.flush()
            await listener.serve(bound)


if __name__ == "__main__":
    asyncio.run(serve())
