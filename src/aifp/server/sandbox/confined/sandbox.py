"""The sandbox for compiled packages: a Python process that Landlock and seccomp confine."""

import os
import platform
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from aifp.schemas.packages import Pin
from aifp.schemas.ports import HostDoor
from aifp.schemas.sandbox import Guarantee, Job, Outcome
from aifp.server.sandbox import outcomes, process
from aifp.server.sandbox.confined import landlock
from aifp.server.sandbox.confined.drive import ConfinedDrive
from aifp.server.sandbox.frames import WorkerLost
from aifp.server.sandbox.pool import WorkerPool
from aifp.server.sandbox.probing import Proofs
from aifp.server.sandbox.process import WorkerProcess

BACKEND = "process"
# Part of every release hash together with Python's version and the machine, to which compiled
# packages are bound. Raise it when code that people approved could behave differently.
RULES = 1
# One thread, since threads make no promise of order; hashes that are the same in every run.
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "TZ": "UTC0",
    "LC_CTYPE": "C.UTF-8",
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
}
# What the owner of a machine may set for its linear algebra library.
PASSED_ON = ("OPENBLAS_CORETYPE",)


class ProcessSandbox:
    """Implements the Sandbox port where nothing is missing, and refuses every job elsewhere."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._proofs = Proofs(self._drive)

    async def probe(self) -> frozenset[Guarantee]:
        """Prove each promise by attack, once, and return the proved ones."""
        return frozenset() if missing() else await self._proofs.proved()

    async def run(self, job: Job, host: HostDoor | None = None) -> Outcome:
        """Run one job in a process of its own."""
        lacking = missing()
        if lacking:
            outcome = outcomes.refused(f"compiled packages need {lacking}")
        else:
            outcome = await self._proofs.refusal(job) or await self._drive(job, host)
        return outcome.model_copy(update={"backend": BACKEND})

    def profile(self, packages: Sequence[Pin] = ()) -> str:
        """Return the id of the sandbox profile, part of every release hash."""
        language = f"cpython{sys.version_info.major}.{sys.version_info.minor}"
        return f"process-{sys.platform}-{platform.machine()}-{language}-{RULES}"

    async def _drive(self, job: Job, host: HostDoor | None = None) -> Outcome:
        try:
            async with self._pool.worker(inner=job.inner) as worker:
                return await ConfinedDrive(worker, self._pool.waiting, job, host).run()
        except WorkerLost as error:
            return outcomes.crashed(str(error))


def missing() -> str | None:
    """Return what this machine lacks to confine compiled code, if anything."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return f"Linux on x86_64; this is {sys.platform} on {platform.machine()}"
    if sys.implementation.name != "cpython":
        return f"CPython; this is {sys.implementation.name}"
    if landlock.version() < 1:
        return "Landlock, which this kernel lacks, does not enable, or may not use here"
    return None


@asynccontextmanager
async def open_process_sandbox(workers: int = 2, most: int = 24) -> AsyncGenerator[ProcessSandbox]:
    """Open the sandbox; nothing starts before the first job, then one worker stays ready."""
    pool = WorkerPool(_spawn, workers, most)
    try:
        yield ProcessSandbox(pool)
    finally:
        await pool.close()


async def _spawn() -> WorkerProcess:
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    module = "aifp.server.sandbox.confined.launch"
    return WorkerProcess(
        await process.start(module, *process.PATHS, environment={**ENVIRONMENT, **passed})
    )
