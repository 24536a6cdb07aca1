"""Measure a confined worker from outside, where its code cannot reach, and end it in time."""

import asyncio
import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from aifp.schemas.sandbox import Limits
from aifp.server.sandbox.process import WorkerProcess

PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
# Shorter looks would only keep the daemon busy.
SHORTEST_LOOK = 0.002
# How Linux names the processor clock of another process.
PROCESS_CLOCK = 2


class Watch:
    """Looks at one run; what the run waits for the host is not counted as wall time."""

    def __init__(self, worker: WorkerProcess, limits: Limits) -> None:
        self._worker, self._limits = worker, limits
        self._clock = asyncio.get_running_loop().time
        self._begin, self._cpu_begin = self._clock(), _cpu_seconds(worker.pid)
        self._waited = 0.0
        self._wait_begin: float | None = None
        self._cpu = 0.0
        self.peak_mb: float | None = None
        self.exceeded: str | None = None

    @contextmanager
    def standing(self) -> Generator[None]:
        """End the worker as soon as a limit is passed, until the block is left."""
        self._later()
        try:
            yield
        finally:
            self._timer.cancel()

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Count no wall time in this block."""
        self._wait_begin = self._clock()
        try:
            yield
        finally:
            self._waited += self._clock() - self._wait_begin
            self._wait_begin = None

    def wall_ms(self) -> float:
        """Return the time since the run began, without waits."""
        return ((self._wait_begin or self._clock()) - self._begin - self._waited) * 1000

    def cpu_ms(self) -> float:
        """Return the processor time of the run, as far as it was seen."""
        self._cpu = max(self._cpu, _cpu_seconds(self._worker.pid) - self._cpu_begin)
        return self._cpu * 1000

    def read_peak(self) -> None:
        """Note the highest memory use of the whole process, while it is still there."""
        self.peak_mb = _peak_megabytes(self._worker.pid)

    def _later(self) -> None:
        left = min(self._limits.wall_ms - self.wall_ms(), self._limits.cpu_ms - self.cpu_ms())
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(left / 1000, SHORTEST_LOOK), self._look)

    def _look(self) -> None:
        if self.wall_ms() >= self._limits.wall_ms:
            self.exceeded = "wall"
        elif self.cpu_ms() >= self._limits.cpu_ms:
            self.exceeded = "cpu"
        if self.exceeded:
            self._worker.stop()
        else:
            self._later()


def _cpu_seconds(pid: int) -> float:
    """Return the processor time of a process; it has no thread but one."""
    try:
        return time.clock_gettime((~pid << 3) | PROCESS_CLOCK)
    except OSError:
        return 0.0


def _peak_megabytes(pid: int) -> float | None:
    try:
        found = PEAK.search(Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    except OSError:
        return None
    return round(int(found[1]) / 1024, 1) if found else None
