"""Stop a guest that runs too long, and measure what a run used."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from wasmtime import Engine

T = TypeVar("T")
TICK = 0.01
# The watch goes to sleep after this many ticks without a run; waking it costs a run time.
QUIET_TICKS = 100


class Meter:
    """Time used by one run; what it waited for the host is not counted."""

    def __init__(self, wall_ms: float, cpu_ms: float) -> None:
        self._wall_limit, self._cpu_limit = wall_ms / 1000, cpu_ms / 1000
        self._cpu_clock = _cpu_clock()
        self._begin, self._cpu_begin = time.perf_counter(), self._cpu_clock()
        self._waited = 0.0
        self._wait_begin: float | None = None
        self.exceeded: str | None = None

    def wait(self, action: Callable[[], T]) -> T:
        """Do something on the host's time."""
        self._wait_begin = time.perf_counter()
        try:
            return action()
        finally:
            self._waited += time.perf_counter() - self._wait_begin
            self._wait_begin = None

    def wall(self) -> float:
        """Return the seconds since the run began, without waits."""
        return (self._wait_begin or time.perf_counter()) - self._begin - self._waited

    def cpu(self) -> float:
        """Return the processor seconds of the run."""
        return self._cpu_clock() - self._cpu_begin

    def is_over(self) -> bool:
        """Say whether a limit is passed, and remember which."""
        if self.wall() > self._wall_limit:
            self.exceeded = "wall"
        elif self.cpu() > self._cpu_limit:
            self.exceeded = "cpu"
        return self.exceeded is not None


class Watch:
    """A thread that looks at the running meter and moves the engine's epoch when it is over.

    Every store has the deadline 1, so the first move of the epoch traps the guest. A worker that
    runs nothing has a sleeping watch.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._meter: Meter | None = None
        self._awake = threading.Event()
        threading.Thread(target=self._look, daemon=True).start()

    def begin(self, meter: Meter) -> None:
        """Watch a run."""
        with self._lock:
            self._meter = meter
        self._awake.set()

    def end(self) -> None:
        """Stop watching; after this the epoch stands still."""
        with self._lock:
            self._meter = None

    def _look(self) -> None:
        quiet = 0
        while True:
            self._awake.wait()
            time.sleep(TICK)
            with self._lock:
                quiet = quiet + 1 if self._meter is None else 0
                if quiet > QUIET_TICKS:
                    self._awake.clear()
                elif self._meter is not None and self._meter.is_over():
                    self._engine.increment_epoch()


def _cpu_clock() -> Callable[[], float]:
    """Return a clock of this thread's processor time that other threads may read."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.perf_counter
    clock = time.pthread_getcpuclockid(threading.get_ident())
    return lambda: time.clock_gettime(clock)
