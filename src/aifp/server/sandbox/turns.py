"""Whose turn it is: first come, first served, and waiting for the host holds nobody up."""

import asyncio
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager

# Most host calls answer sooner; for those another worker is not worth its start.
MOMENT = 0.05


class Turns:
    """At most `size` runs compute at once; with those that wait for the host, at most `most`."""

    def __init__(self, size: int, most: int) -> None:
        self._size, self._most = size, max(size, most)
        self._queue: deque[asyncio.Future[None]] = deque()
        self._taken = self._waiting = 0

    async def take(self) -> None:
        """Return when it is this caller's turn."""
        if not self._queue and self._has_room():
            self._taken += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """End a turn."""
        self._taken -= 1
        self._admit()

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Let others compute while this run waits for the host longer than a moment."""
        aside: list[int] = []
        loop = asyncio.get_running_loop()
        moment = loop.call_later(MOMENT, lambda: aside.append(self._step_aside()))
        try:
            yield
        finally:
            moment.cancel()
            self._waiting -= sum(aside)

    def is_asked_for(self) -> bool:
        """Say whether somebody waits for a turn."""
        return bool(self._queue)

    def _step_aside(self) -> int:
        self._waiting += 1
        self._admit()
        return 1

    def _has_room(self) -> bool:
        return self._taken - self._waiting < self._size and self._taken < self._most

    def _admit(self) -> None:
        while self._queue and self._has_room():
            turn = self._queue.popleft()
            if not turn.done():
                self._taken += 1
                turn.set_result(None)
