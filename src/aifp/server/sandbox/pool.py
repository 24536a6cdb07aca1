"""A few warm workers for many runs: first come, first served."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aifp.server.sandbox.frames import WorkerLost
from aifp.server.sandbox.process import WorkerProcess

logger = logging.getLogger(__name__)
# A worker that never gets ready this often means a broken installation, not bad luck.
START_ATTEMPTS = 3


class WorkerPool:
    """Holds the places of `size` workers; a dead worker's place gets a new one."""

    def __init__(self, native: Path, size: int) -> None:
        self._native = native
        self._free: asyncio.Queue[WorkerProcess] = asyncio.Queue()
        self._size = size
        self._all: set[WorkerProcess] = set()

    async def start(self) -> None:
        """Start every worker without waiting for it."""
        for _ in range(self._size):
            self._free.put_nowait(await self._spawn())

    async def close(self) -> None:
        """Kill every worker."""
        for worker in list(self._all):
            await self._end(worker)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[WorkerProcess]:
        """Lend a ready worker; the queue keeps the order in which runs asked."""
        worker = await self._free.get()
        try:
            worker = await self._ready(worker)
            yield worker
        finally:
            await self._give_back(worker)

    async def _ready(self, worker: WorkerProcess) -> WorkerProcess:
        for _ in range(START_ATTEMPTS):
            try:
                if worker.is_alive():
                    await worker.ready()
                    return worker
            except (WorkerLost, TimeoutError):
                logger.warning("sandbox worker %s did not get ready", worker.pid)
            await self._end(worker)
            worker = await self._spawn()
        raise WorkerLost("no sandbox worker gets ready")

    async def _give_back(self, worker: WorkerProcess) -> None:
        if worker.spoiled or not worker.is_alive():
            await self._end(worker)
            worker = await self._spawn()
        self._free.put_nowait(worker)

    async def _spawn(self) -> WorkerProcess:
        worker = await WorkerProcess.spawn(self._native)
        self._all.add(worker)
        return worker

    async def _end(self, worker: WorkerProcess) -> None:
        self._all.discard(worker)
        await worker.kill()
