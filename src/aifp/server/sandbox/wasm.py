"""The default sandbox: CPython compiled to WebAssembly, a fresh instance for each run."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aifp.schemas.packages import Pin
from aifp.schemas.ports import HostDoor
from aifp.schemas.sandbox import Guarantee, Job, Outcome
from aifp.server.sandbox import outcomes, process, runner_files
from aifp.server.sandbox.drive import Drive
from aifp.server.sandbox.frames import WorkerLost
from aifp.server.sandbox.pool import WorkerPool
from aifp.server.sandbox.probing import Proofs
from aifp.server.sandbox.process import WorkerProcess
from aifp.server.sandbox.shipping import CannotShip, parcels_of

# Part of every release hash. Raise it when code that people approved could behave differently,
# not with every build: a new number voids every approval.
PROFILE = "wasm-cpython3.14-1"
BACKEND = "wasm"


class WasmSandbox:
    """Implements the Sandbox port."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._proofs = Proofs(self._drive)

    async def probe(self) -> frozenset[Guarantee]:
        """Prove each promise by attack, once, and return the proved ones."""
        return await self._proofs.proved()

    async def run(self, job: Job, host: HostDoor | None = None) -> Outcome:
        """Run one job in a fresh instance; a job that needs what is not proved is refused."""
        outcome = await self._proofs.refusal(job) or await self._drive(job, host)
        return outcome.model_copy(update={"backend": BACKEND})

    def profile(self, packages: Sequence[Pin] = ()) -> str:
        """Return the id of the sandbox profile, part of every release hash."""
        return PROFILE

    async def is_locked(self) -> bool:
        """Say whether workers stand behind a second wall of the operating system."""
        async with self._pool.worker() as worker:
            return worker.locked

    async def _drive(self, job: Job, host: HostDoor | None = None) -> Outcome:
        try:
            parcels = await asyncio.to_thread(parcels_of, job) if job.packages else []
            async with self._pool.worker(inner=job.inner) as worker:
                return await Drive(worker, self._pool.waiting, job, host, parcels).run()
        except CannotShip as reason:
            return outcomes.refused(str(reason))
        except WorkerLost as error:
            return outcomes.crashed(str(error))


@asynccontextmanager
async def open_sandbox(
    workers: int = 2, cache: Path | None = None, most: int = 24
) -> AsyncGenerator[WasmSandbox]:
    """Open the sandbox; raises Unavailable when the runner is not built.

    `workers` runs compute at once in warm workers. While some wait for slow host calls, others run
    in extra workers, up to `most` processes (about 15 MB of their own each).
    """
    folder = cache or runner_files.default_cache()
    runner = await asyncio.to_thread(runner_files.find_runner, folder)
    native = await runner_files.native_runner(runner, folder)

    async def spawn() -> WorkerProcess:
        return WorkerProcess(await process.start("aifp.server.sandbox.worker", str(native)))

    pool = WorkerPool(spawn, workers, most)
    try:
        await pool.start()
        yield WasmSandbox(pool)
    finally:
        await pool.close()
