"""Parts of the engine that go their own round: look, do what is due, sleep until the next."""

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

from aifp.schemas.ports import Clock

# The clock may jump and the machine may sleep: look again at least this often.
LONGEST_NAP_S = 30.0
# A waiting loop must not spin when the clock is a hair before the due instant.
SHORTEST_NAP_S = 0.001


class Part(Protocol):
    """Something that has times of its own and depends on the plans."""

    async def open(self) -> None:
        """Begin from what is stored."""
        ...

    async def reload(self) -> None:
        """Look through the plans again after some changed."""
        ...

    async def turn(self, now: datetime) -> None:
        """Do what has come due."""
        ...

    def next(self) -> datetime | None:
        """Return when there is something to do next."""
        ...


class Round:
    """The loop of one part."""

    def __init__(self, clock: Clock, part: Part) -> None:
        self._clock, self._part = clock, part
        self._changed = True
        self._woken = asyncio.Event()

    def changed(self) -> None:
        """Say that plans changed."""
        self._changed = True
        self._woken.set()

    def wake(self) -> None:
        """Say that there may be something to do."""
        self._woken.set()

    async def run(self) -> None:
        """Go round for ever."""
        await self._part.open()
        self._changed = True
        while True:
            self._woken.clear()
            if self._changed:
                self._changed = False
                await self._part.reload()
            await self._part.turn(self._clock.now())
            await self._clock.wait(self._woken, nap_until(self._part.next(), self._clock.now()))


def nap_until(at: datetime | None, now: datetime) -> float:
    """Return how many seconds to sleep."""
    if at is None:
        return LONGEST_NAP_S
    return min(max((at - now) / timedelta(seconds=1), SHORTEST_NAP_S), LONGEST_NAP_S)
