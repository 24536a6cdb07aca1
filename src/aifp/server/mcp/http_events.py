"""What a session of the handshake era was sent lately, for a client that lost its stream."""

from collections import deque
from dataclasses import dataclass

from mcp.server.streamable_http import (
    EventCallback,
    EventId,
    EventMessage,
    EventStore,
    StreamId,
)
from mcp_types import JSONRPCMessage

MAX_EVENTS = 256
MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Event:
    number: int
    stream: StreamId
    message: JSONRPCMessage | None
    size: int


class SessionEvents(EventStore):
    """The newest events of one session; the oldest go first."""

    def __init__(self) -> None:
        self._events: deque[_Event] = deque()
        self._count = 0
        self._bytes = 0

    async def store_event(self, stream_id: StreamId, message: JSONRPCMessage | None) -> EventId:
        """Keep an event and return its id."""
        self._count += 1
        size = len(message.model_dump_json(by_alias=True)) if message else 0
        self._events.append(_Event(self._count, stream_id, message, size))
        self._bytes += size
        while len(self._events) > MAX_EVENTS or self._bytes > MAX_BYTES:
            self._bytes -= self._events.popleft().size
        return str(self._count)

    async def replay_events_after(
        self, last_event_id: EventId, send_callback: EventCallback
    ) -> StreamId | None:
        """Send what came after an event on its stream; None when it is not remembered."""
        last = next((e for e in self._events if str(e.number) == last_event_id), None)
        if last is None:
            return None
        for event in list(self._events):
            if event.number > last.number and event.stream == last.stream and event.message:
                await send_callback(EventMessage(event.message, str(event.number)))
        return last.stream
