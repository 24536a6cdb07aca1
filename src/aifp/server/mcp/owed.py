"""What one connection has yet to hear: equal notes stand once, and one task sends them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

import anyio
from pydantic import BaseModel

N = TypeVar("N", bound=BaseModel)


class Owed(Generic[N]):
    """Notes for a client that may be slow; they cannot pile up, however often they are said."""

    def __init__(self, send: Callable[[N], Awaitable[None]]) -> None:
        self._send = send
        self._notes: dict[str, N] = {}
        self._there = asyncio.Event()

    def add(self, note: N) -> None:
        """Take a note, without ever waiting."""
        self._notes[note.model_dump_json()] = note
        self._there.set()

    async def run(self) -> None:
        """Send what there is, each as soon as the client has room for it, until cancelled."""
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            while await self._there.wait():
                self._there.clear()
                while self._notes:
                    await self._send(self._notes.pop(next(iter(self._notes))))
