"""A few warm workers for many runs: first come, first served."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from aifp.server.sandbox.frames import WorkerLost
from aifp.server.sandbox.process import WorkerProcess

logger = logging.getLogger(__name__)
# A worker that never gets ready this often means a broken installation, not bad luck.
START_ATTEMPTS = 3


class Place:
    """Where one worker stands; a dead one is replaced, the place stays."""

    def __init__(self, native: Path) -> None:
        self._native = native
        self._worker: WorkerProcess | None = None

    async def fill(self) -> None:
        """Start a worker if there is none to be used, without waiting until it is ready."""
        if self._worker is None or not self._worker.is_usable():
            await self.clear()
            self._worker = await WorkerProcess.spawn(self._native)

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
    """Lends workers in the order in which runs ask."""

    def __init__(self, native: Path, size: int) -> None:
        self._places = [Place(native) for _ in range(size)]
        self._free: asyncio.Queue[Place] = asyncio.Queue()

    async def start(self) -> None:
        """Start every worker without waiting for it."""
        for place in self._places:
            await place.fill()
            self._free.put_nowait(place)

    async def close(self) -> None:
        """Kill every worker."""
        for place in self._places:
            await place.clear()

    @asynccontextmanager
    async def worker(self) -> AsyncGenerator[WorkerProcess]:
        """Lend a ready worker; one that comes back spoiled is replaced at once."""
        place = await self._free.get()
        try:
            yield await place.ready()
        finally:
            try:
                await place.fill()
            finally:
                self._free.put_nowait(place)


async def _gets_ready(worker: WorkerProcess) -> bool:
    try:
        await worker.ready()
    except (WorkerLost, TimeoutError):
        logger.warning("sandbox worker %s did not get ready", worker.pid)
        worker.spoiled = True
    return worker.is_usable()
