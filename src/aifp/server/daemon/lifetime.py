"""How long a daemon lives: while it has clients or work, and a while longer."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

from aifp.helpers.contract import guarded
from aifp.schemas.ports import Clock

HasWork = Callable[[], Awaitable[bool]]


class Lifetime:
    """Counts clients and decides when the daemon ends."""

    def __init__(self, clock: Clock, has_work: HasWork, idle_minutes: float) -> None:
        self._clock = clock
        self._has_work = has_work
        self._idle_seconds = idle_minutes * 60
        self._changed = asyncio.Event()
        self._clients = 0
        self._reason: str | None = None

    @property
    def clients(self) -> int:
        """Return how many clients are connected."""
        return self._clients

    @contextmanager
    def client(self) -> Generator[None]:
        """Count a client while the context is open."""
        self._clients += 1
        self._changed.set()
        try:
            yield
        finally:
            self._clients -= 1
            self._changed.set()

    def end(self, reason: str) -> None:
        """End the daemon now; the first reason counts."""
        self._reason = self._reason or reason
        self._changed.set()

    async def run(self) -> str:
        """Return why the daemon ends, once it should."""
        while self._reason is None:
            self._changed.clear()
            if self._clients:
                await self._changed.wait()
            elif not await self._clock.wait(self._changed, self._idle_seconds):
                await self._look_for_work()
        return self._reason

    async def _look_for_work(self) -> None:
        work = await guarded("a look for work", self._has_work())
        # Not to know is no reason to end: nobody may be there to start the daemon again.
        if work is False and not self._clients:
            self.end(f"idle for {self._idle_seconds / 60:g} minutes with no active directive")


@contextmanager
def ending_on_signals(end: Callable[[str], None]) -> Generator[None]:
    """Call `end` on SIGTERM and SIGINT instead of dying in the middle of something."""
    signals = (signal.SIGTERM, signal.SIGINT)
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        for number in signals:
            signal.signal(number, lambda n, _: loop.call_soon_threadsafe(end, _named(n)))
        yield
        return
    for number in signals:
        loop.add_signal_handler(number, end, _named(number))
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _named(number: int) -> str:
    return signal.Signals(number).name
