"""A few warm workers for many runs: first come, first served.

`size` runs compute at once. A run that waits for the host keeps its worker but not its turn: while
it waits another one may start, if need be in an extra worker, so slow answers hold nobody up.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from aifp.server.sandbox.frames import WorkerLost
from aifp.server.sandbox.process import WorkerProcess
from aifp.server.sandbox.turns import Turns

Spawn: TypeAlias = Callable[[], Awaitable[WorkerProcess]]
logger = logging.getLogger(__name__)
# A worker that never gets ready this often means a broken installation, not bad luck.
START_ATTEMPTS = 3


class Place:
    """Where one worker stands; a dead one is replaced, the place stays."""

    def __init__(self, spawn: Spawn) -> None:
        self._spawn = spawn
        self._worker: WorkerProcess | None = None

    async def fill(self) -> None:
        """Start a worker if there is none to be used, without waiting until it is ready."""
        if self._worker is None or not self._worker.is_usable():
            await self.clear()
            self._worker = await self._spawn()

    async def ready(self) -> WorkerProcess:
        """Return a worker that takes a job now."""
        for _ in range(START_ATTEMPTS):
            await self.fill()
            if self._worker is not None and await _gets_ready(self._worker):
                return self._worker
        raise WorkerLost("no sandbox worker gets ready")

    async def clear(self) -> None:
        """Kill the worker."""
        if self._worker is not None:
            await self._worker.kill()
        self._worker = None


class WorkerPool:
    """Lends workers; one that comes back spoiled is replaced at once."""

    def __init__(self, spawn: Spawn, size: int, most: int) -> None:
        self._spawn, self._size = spawn, size
        self._turns = Turns(size, most)
        self._places: set[Place] = set()
        self._idle: list[Place] = []
        self.waiting = self._turns.waiting

    async def start(self) -> None:
        """Start `size` workers without waiting for them."""
        for _ in range(self._size):
            place = self._opened()
            await place.fill()
            self._idle.append(place)

    async def close(self) -> None:
        """Kill every worker."""
        for place in list(self._places):
            await place.clear()

    @asynccontextmanager
    async def worker(self, *, inner: bool = False) -> AsyncGenerator[WorkerProcess]:
        """Lend a ready worker, in the order in which runs ask; `inner` ones go first."""
        await self._turns.take(inner=inner)
        place = self._idle.pop() if self._idle else self._opened()
        try:
            yield await place.ready()
        finally:
            try:
                await self._take_back(place)
            finally:
                self._turns.leave()

    def _opened(self) -> Place:
        place = Place(self._spawn)
        self._places.add(place)
        return place

    async def _take_back(self, place: Place) -> None:
        try:
            await place.fill()
        finally:
            self._idle.append(place)
        if not self._turns.is_asked_for():
            await self._end_extra()

    async def _end_extra(self) -> None:
        """Keep as many idle workers as compute at once."""
        extra, self._idle = self._idle[: -self._size], self._idle[-self._size :]
        for place in extra:
            self._places.discard(place)
            await place.clear()


async def _gets_ready(worker: WorkerProcess) -> bool:
    try:
        await worker.ready()
    except (WorkerLost, TimeoutError):
        logger.warning("sandbox worker %s did not get ready", worker.pid)
        worker.spoiled = True
    return worker.is_usable()
