"""Drive one job through a confined worker, which is not trusted once its code runs."""

import signal
from collections.abc import Generator
from contextlib import contextmanager

from aifp.schemas.ports import HostDoor
from aifp.schemas.sandbox import Job, Outcome
from aifp.server.sandbox import outcomes
from aifp.server.sandbox.confined.watch import Watch
from aifp.server.sandbox.drive import Drive, Waiting
from aifp.server.sandbox.frames import WorkerLost
from aifp.server.sandbox.process import WorkerProcess


class ConfinedDrive(Drive):
    """One job in one worker, which takes no second one."""

    def __init__(
        self, worker: WorkerProcess, waiting: Waiting, job: Job, host: HostDoor | None
    ) -> None:
        super().__init__(worker, self._aside, job, host)
        self._let_others = waiting
        self._watch = Watch(worker, job.limits)

    async def run(self) -> Outcome:
        """Return how the job ended; what the host door raises passes on."""
        with self._watch.standing():
            outcome = await super().run()
        used = {"wall_ms": self._watch.wall_ms(), "cpu_ms": self._watch.cpu_ms()}
        return outcome.model_copy(update={**used, "memory_peak_mb": self._watch.peak_mb})

    @contextmanager
    def _aside(self) -> Generator[None]:
        with self._let_others(), self._watch.waiting():
            yield

    def _ended(self, payload: bytes) -> Outcome:
        """Return the outcome that the worker tells, which its code may have written."""
        self._watch.read_peak()
        return outcomes.returned(self._job, payload.decode(errors="replace"))

    async def _lost(self, error: WorkerLost) -> Outcome:
        ended = await self._worker.kill()
        if self._watch.exceeded:
            return outcomes.timed_out(self._job, self._watch.exceeded)
        return outcomes.crashed(_way(ended))

    async def _abort(self) -> None:
        """Leave the worker spoiled; it is killed when it goes back to its place."""


def _way(ended: int) -> str:
    """Say how a process ended."""
    if ended >= 0:
        return "the code ended its process"
    return f"the process of the code ended by {signal.Signals(-ended).name}"
