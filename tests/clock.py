"""A clock that tests move by hand."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class FakeClock:
    """Implements the Clock port; time passes only by `advance` and jumps only by `set`."""

    def __init__(self, start: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)) -> None:
        self._now = start
        self._elapsed = 0.0
        self._ticket = itertools.count()
        self._timers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        if event.is_set():
            return True
        timer = asyncio.get_running_loop().create_future()
        heapq.heappush(self._timers, (self._elapsed + seconds, next(self._ticket), timer))
        setting = asyncio.ensure_future(event.wait())
        try:
            await asyncio.wait({timer, setting}, return_when=asyncio.FIRST_COMPLETED)
            return event.is_set()
        finally:
            setting.cancel()
            timer.cancel()

    @property
    def waiting(self) -> int:
        """Return how many wait for time to pass."""
        return len(self._timers)

    def set(self, instant: datetime) -> None:
        """Jump the wall clock, as a person or a time server does; no time passes."""
        self._now = instant

    async def advance(self, seconds: float) -> None:
        """Let time pass and wake those whose wait is over, in order."""
        end = self._elapsed + seconds
        while self._timers and self._timers[0][0] <= end:
            due, _, timer = heapq.heappop(self._timers)
            self._move(max(due - self._elapsed, 0.0))
            if not timer.done():
                timer.set_result(None)
            await settle()
        self._move(end - self._elapsed)
        await settle()

    def _move(self, seconds: float) -> None:
        self._elapsed += seconds
        self._now += timedelta(seconds=seconds)


async def settle(turns: int = 20) -> None:
    """Let every task that can go on do so."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def until(done: Callable[[], bool], tries: int = 2000) -> None:
    """Let real threads and sockets work until something is so."""
    for _ in range(tries):
        if done():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come about")
