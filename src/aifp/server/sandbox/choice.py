"""Which sandbox runs a job: WebAssembly, or for compiled packages a confined process.

Only the packages decide, so the sandbox that a person approved is the one that runs. What it has
not proved, or cannot do on this machine, is refused and never done by the other.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from aifp.schemas.packages import Pin
from aifp.schemas.ports import HostDoor, Sandbox
from aifp.schemas.sandbox import Guarantee, Job, Outcome
from aifp.server.sandbox.confined.sandbox import open_process_sandbox
from aifp.server.sandbox.wasm import open_sandbox


class ChoosingSandbox:
    """Implements the Sandbox port with two others."""

    def __init__(self, pure: Sandbox, compiled: Sandbox) -> None:
        self._pure, self._compiled = pure, compiled

    async def probe(self) -> frozenset[Guarantee]:
        """Return what is proved for code without compiled packages."""
        return await self._pure.probe()

    async def run(self, job: Job, host: HostDoor | None = None) -> Outcome:
        """Run one job where its packages can be imported, or refuse it."""
        return await self._for(job.packages).run(job, host)

    def profile(self, packages: Sequence[Pin] = ()) -> str:
        """Return the id of the profile in which code with these packages runs."""
        return self._for(packages).profile(packages)

    def _for(self, packages: Sequence[Pin]) -> Sandbox:
        return self._pure if all(pin.pure for pin in packages) else self._compiled


@asynccontextmanager
async def open_sandboxes(workers: int = 2) -> AsyncGenerator[ChoosingSandbox]:
    """Open both; raises Unavailable when the WebAssembly runner is not built."""
    async with open_sandbox(workers) as pure, open_process_sandbox(workers) as compiled:
        yield ChoosingSandbox(pure, compiled)
