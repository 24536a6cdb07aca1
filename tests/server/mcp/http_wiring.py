"""Serve the HTTP door on a loopback port, and connect real clients to it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from aifp.schemas.common import JsonMap
from aifp.server.adapters.listener import Listener
from aifp.server.mcp.http import HttpDoor
from aifp.server.mcp.http_guard import PATH
from aifp.server.mcp.http_offer import OfferByRequest
from aifp.server.mcp.sessions import Sessions

BEARER = "open-sesame"
RIGHT = {"authorization": f"Bearer {BEARER}"}
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


@asynccontextmanager
async def http_listening(sessions: Sessions) -> AsyncGenerator[int]:
    """Serve sessions over HTTP on a free port."""
    door = HttpDoor(OfferByRequest(sessions.offer), sessions.core, BEARER)
    async with served(door) as port:
        yield port


@asynccontextmanager
async def served(door: HttpDoor) -> AsyncGenerator[int]:
    """Serve a door on a free port."""
    listener = Listener(door, "127.0.0.1", 0)
    with listener.bound() as bound:
        async with door.running(), asyncio.TaskGroup() as group:
            group.create_task(listener.serve(bound))
            try:
                yield listener.port or 0
            finally:
                listener.close()


def address(port: int, query: str = "") -> str:
    return f"http://127.0.0.1:{port}{PATH}{query}"


def http(**headers: str) -> httpx2.AsyncClient:
    """Return a client that looks at no environment."""
    return httpx2.AsyncClient(headers=headers, trust_env=False, timeout=20)


@asynccontextmanager
async def http_connected(
    url: str, mode: str, bearer: str = BEARER, **keywords: Any
) -> AsyncGenerator[Client]:
    """Connect the SDK's client in one era."""
    async with (
        http(authorization=f"Bearer {bearer}") as wire,
        Client(
            streamable_http_client(url, http_client=wire), mode=cast("Any", mode), **keywords
        ) as client,
    ):
        yield client


def initialize(request_id: int = 1) -> JsonMap:
    """Return the first message of the handshake era."""
    params: JsonMap = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "raw", "version": "1"},
    }
    return {"jsonrpc": "2.0", "id": request_id, "method": "initialize", "params": params}
