"""Measure the sandbox; ratios to a bare Python start make figures of machines comparable.

Run: python bench/sandbox_bench.py
"""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from aifp.schemas.sandbox import HostAnswer, HostCall, Job
from aifp.server.sandbox.build import build_with_display
from aifp.server.sandbox.runner_files import default_cache
from aifp.server.sandbox.wasm import WasmSandbox, open_sandbox

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE_CALL = "def execute(ctx):\n    return ctx.log('info', 'x')\n"
MANY_CALLS = "def execute(ctx):\n    for n in range(1000): ctx.log('info', 'x')\n"
COMPUTE = "def execute(ctx):\n    return sum(n * n for n in range(300_000))\n"
# Long enough for a worker to have the next instance ready.
PAUSE = 0.02


class Nothing:
    """A host whose calls do nothing, or park the run."""

    def __init__(self, *, parks: bool = False) -> None:
        self.parks = parks

    async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
        """Answer with nothing."""
        if self.parks:
            raise TimeoutError
        return [HostAnswer(seq=n, now=NOW) for n, _ in enumerate(calls)]


def job(code: str) -> Job:
    """Return a job for one module."""
    return Job(
        modules={"bench": code},
        main="bench",
        entry="execute",
        functions=["log"],
        now=NOW,
        seed="bench",
    )


async def timed(times: int, action: Callable[[], Awaitable[object]], pause: float = 0.0) -> float:
    """Return the median of an action in milliseconds."""
    spent: list[float] = []
    for _ in range(times):
        await asyncio.sleep(pause)
        begin = time.perf_counter()
        await action()
        spent.append((time.perf_counter() - begin) * 1000)
    return statistics.median(spent)


async def bare_python() -> object:
    """Start and end a Python process that does nothing."""
    return await asyncio.to_thread(
        subprocess.run, [sys.executable, "-I", "-S", "-c", "pass"], check=True
    )


async def measure(sandbox: WasmSandbox) -> dict[str, float]:
    """Return all figures in milliseconds."""
    await sandbox.probe()

    def run(code: str, host: Nothing | None = None) -> Callable[[], Awaitable[object]]:
        return lambda: sandbox.run(job(code), host or Nothing())

    async def fifty_parked() -> None:
        runs = (sandbox.run(job(ONE_CALL), Nothing(parks=True)) for _ in range(50))
        await asyncio.gather(*runs, return_exceptions=True)

    async def twenty_at_once() -> None:
        await asyncio.gather(*(sandbox.run(job(ONE_CALL), Nothing()) for _ in range(20)))

    return {
        "bare python start": await timed(20, bare_python),
        "fresh instance, one host call": await timed(200, run(ONE_CALL), PAUSE),
        "the same without pauses": await timed(200, run(ONE_CALL)),
        "one of twenty at once": await timed(10, twenty_at_once) / 20,
        "one host call": await timed(5, run(MANY_CALLS)) / 1000,
        "one run that parks": await timed(5, fifty_parked) / 50,
        "300,000 squares": await timed(5, run(COMPUTE)),
    }


async def main() -> None:
    """Print the figures."""
    build_with_display(default_cache())
    begin = time.perf_counter()
    async with open_sandbox(workers=2) as sandbox:
        figures = {"open with two workers": (time.perf_counter() - begin) * 1000}
        figures |= await measure(sandbox)
    bare = figures["bare python start"]
    table = Table("what", "median ms", "ratio to bare python")
    for name, value in figures.items():
        table.add_row(name, f"{value:.3f}", f"{value / bare:.3f}")
    Console().print(table)


if __name__ == "__main__":
    asyncio.run(main())
