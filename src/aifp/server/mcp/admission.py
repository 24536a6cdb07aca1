"""Who of a client's requests may come in now: bounded in flight, bounded waiting, in order."""

import asyncio
from collections import deque
from dataclasses import dataclass

from mcp_types import JSONRPCMessage, JSONRPCRequest, RequestId

# Streams that stay open as long as the client; they take no slot but are few.
LONG_LIVED = "subscriptions/listen"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one connection."""

    in_flight: int = 32
    waiting: int = 1024
    waiting_bytes: int = 8 * 1024 * 1024
    listening: int = 16


class Admission:
    """The queue between the reader of a connection and the SDK's dispatcher."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: deque[tuple[JSONRPCMessage, int]] = deque()
        self._waiting_ids: set[RequestId] = set()
        self._waiting_bytes = 0
        self._passing = 0
        self._in_flight: set[RequestId] = set()
        self._listening: set[RequestId] = set()
        self._asked: set[RequestId] = set()
        self._ended = False
        self._changed = asyncio.Event()

    def offer(self, message: JSONRPCMessage, size: int) -> None:
        """Put a message at the end of the queue."""
        self._waiting.append((message, size))
        self._waiting_bytes += size
        self._passing += _passes(message)
        if isinstance(message, JSONRPCRequest):
            self._waiting_ids.add(message.id)
        self._changed.set()

    async def take(self) -> JSONRPCMessage | None:
        """Return the next message that may come in, None when input has ended."""
        while (place := self._admissible()) is None:
            if self._ended and not self._waiting:
                return None
            await self._change()
        message = self._remove(place)
        if isinstance(message, JSONRPCRequest):
            group = self._listening if message.method == LONG_LIVED else self._in_flight
            group.add(message.id)
        return message

    async def room(self) -> bool:
        """Wait for room in the queue; False when waiting could lock both sides up.

        While a call asks the person, the answer must still be read, however full the queue is.
        """
        while not self._has_room() and not self._asked:
            await self._change()
        return self._has_room()

    async def idle(self) -> None:
        """Wait until every request is answered."""
        while self._waiting or self._in_flight:
            await self._change()

    def is_open(self, request_id: RequestId) -> bool:
        """Tell whether a request of this id is waiting or in flight."""
        return (
            request_id in self._waiting_ids
            or request_id in self._in_flight
            or request_id in self._listening
        )

    def may_listen(self) -> bool:
        """Tell whether one more long-lived stream may be opened."""
        return len(self._listening) < self._limits.listening

    def settle(self, request_id: RequestId | None) -> None:
        """Note that a request is answered, or will never be."""
        if request_id is not None:
            self._in_flight.discard(request_id)
            self._listening.discard(request_id)
            self._changed.set()

    def withdraw(self, request_id: RequestId) -> bool:
        """Take back a request that still waits; it stays unanswered, as cancelling means."""
        if request_id not in self._waiting_ids:
            return False
        for place, (message, _) in enumerate(self._waiting):
            if isinstance(message, JSONRPCRequest) and message.id == request_id:
                self._remove(place)
                return True
        return False

    def asked(self, request_id: RequestId) -> None:
        """Note that we sent a request to the client."""
        self._asked.add(request_id)
        self._changed.set()

    def answered(self, request_id: RequestId | None) -> bool:
        """Note the client's answer; False when nobody asked."""
        if request_id is None or request_id not in self._asked:
            return False
        self._asked.discard(request_id)
        return True

    def end(self) -> None:
        """Note the end of input."""
        self._ended = True
        self._changed.set()

    def _admissible(self) -> int | None:
        if not self._waiting:
            return None
        if len(self._in_flight) < self._limits.in_flight:
            return 0
        if not self._passing:
            return None
        return next((i for i, (m, _) in enumerate(self._waiting) if _passes(m)), None)

    def _remove(self, place: int) -> JSONRPCMessage:
        message, size = self._waiting[place]
        del self._waiting[place]
        self._waiting_bytes -= size
        self._passing -= _passes(message)
        if isinstance(message, JSONRPCRequest):
            self._waiting_ids.discard(message.id)
        self._changed.set()
        return message

    def _has_room(self) -> bool:
        few = len(self._waiting) < self._limits.waiting
        return few and self._waiting_bytes < self._limits.waiting_bytes

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


def _passes(message: JSONRPCMessage) -> bool:
    """Tell whether a message passes waiting requests: all but the requests with a slot."""
    return not isinstance(message, JSONRPCRequest) or message.method == LONG_LIVED
