"""The heap of next due instants."""

import heapq
import itertools
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One directive's next due instant; the higher priority comes first among equals."""

    at: datetime
    minus_priority: int
    directive_id: int
    ticket: int


class Heap:
    """At most one valid entry per directive; replaced ones are dropped when they come up."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._valid: dict[int, Entry] = {}
        self._tickets = itertools.count()

    def __len__(self) -> int:
        return len(self._valid)

    def put(self, directive_id: int, priority: int, at: datetime | None) -> None:
        """Set or, with None, clear the next due instant of a directive."""
        self._valid.pop(directive_id, None)
        if at is not None:
            entry = Entry(at, -priority, directive_id, next(self._tickets))
            self._valid[directive_id] = entry
            heapq.heappush(self._entries, entry)

    def pop_due(self, now: datetime, most: int) -> list[int]:
        """Take out up to `most` directives that are due, in order."""
        due: list[int] = []
        while len(due) < most and (at := self.first()) is not None and at <= now:
            directive_id = heapq.heappop(self._entries).directive_id
            del self._valid[directive_id]
            due.append(directive_id)
        return due

    def first(self) -> datetime | None:
        """Return the first due instant."""
        while self._entries and not self._is_valid(self._entries[0]):
            heapq.heappop(self._entries)
        return self._entries[0].at if self._entries else None

    def _is_valid(self, entry: Entry) -> bool:
        return self._valid.get(entry.directive_id) is entry
