"""Whose turn it is: first come, first served, and waiting for the host holds nobody up."""

import asyncio
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager

# Most host calls answer sooner; for those another worker is not worth its start.
MOMENT = 0.05


class Turns:
    """At most `size` runs compute at once; with those that wait for the host, at most `most`.

    Code that other code has called (`inner`) goes first and beyond `most`: its callers wait for it
    and keep what they have, so it must never wait for theirs.
    """

    def __init__(self, size: int, most: int) -> None:
        self._size, self._most = size, max(size, most)
        self._queue: deque[asyncio.Future[None]] = deque()
        self._inner: deque[asyncio.Future[None]] = deque()
        self._taken = self._waiting = 0

    async def take(self, *, inner: bool = False) -> None:
        """Return when it is this caller's turn."""
        queue = self._inner if inner else self._queue
        if not self._inner and not queue and self._has_room(inner=inner):
            self._taken += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
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
        return bool(self._queue or self._inner)

    def _step_aside(self) -> int:
        self._waiting += 1
        self._admit()
        return 1

    def _has_room(self, *, inner: bool) -> bool:
        free = self._taken - self._waiting < self._size
        return free and (inner or self._taken < self._most)

    def _admit(self) -> None:
        while queue := self._next_queue():
            turn = queue.popleft()
            if not turn.done():
                self._taken += 1
                turn.set_result(None)

    def _next_queue(self) -> "deque[asyncio.Future[None]] | None":
        """Return the queue whose first may go on now."""
        if self._inner and self._has_room(inner=True):
            return self._inner
        return self._queue if self._queue and self._has_room(inner=False) else None
