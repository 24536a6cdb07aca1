"""How long a run has worked and may still work; waits do not count."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aifp.schemas.ports import Clock


class WorkTimeOver(Exception):
    """The run has used up its working time."""


class WorkingTime:
    """The working time of one drive, on top of what earlier drives have used."""

    def __init__(self, clock: Clock, used_ms: int, limit_ms: int) -> None:
        self._clock, self._used, self._limit = clock, used_ms, limit_ms
        self._began = clock.monotonic()
        self._waited = 0.0
        self._timer: asyncio.Timeout | None = None

    def used_ms(self) -> int:
        """Return how long the run has worked so far."""
        worked = self._clock.monotonic() - self._began - self._waited
        return self._used + max(0, round(worked * 1000))

    def left_ms(self) -> int:
        """Return how long it may still work, at least a moment."""
        return max(1, self._limit - self.used_ms())

    def waited(self, seconds: float) -> None:
        """Take note that the run waits so long without working."""
        self._waited += seconds
        if self._timer is not None and (when := self._timer.when()) is not None:
            self._timer.reschedule(when + seconds)

    @asynccontextmanager
    async def limited(self) -> AsyncGenerator[None]:
        """Raise WorkTimeOver inside when the time is over."""
        try:
            async with asyncio.timeout(self.left_ms() / 1000) as timer:
                self._timer = timer
                yield
        except TimeoutError as fault:
            if self._timer is None or not self._timer.expired():
                raise
            raise WorkTimeOver from fault
