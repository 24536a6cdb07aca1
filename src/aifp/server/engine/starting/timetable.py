"""Which instants of a directive are due: pure arithmetic over its time starts."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from aifp.helpers.user_directives.internal.language.due.next_due import next_due
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.starts import IntervalStart, TimeStart

# Older than this when the engine gets to it, a due time counts as missed (directive-format 7).
LATE_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Due:
    """One due instant and the place of the first start that names it."""

    at: datetime
    place: int


def time_starts(directive: CanonicalDirective) -> list[tuple[int, TimeStart]]:
    """Return the starts that follow the clock, with their places."""
    return [(i, start) for i, start in enumerate(directive.when) if isinstance(start, TimeStart)]


def dues_after(directive: CanonicalDirective, after: datetime) -> Iterator[Due]:
    """Yield every due instant after one, in order; equal instants of two starts are one."""
    starts = dict(time_starts(directive))
    heap: list[tuple[datetime, int]] = []
    for place in starts:
        _push(heap, directive, place, after)
    while heap:
        at, place = heap[0]
        yield Due(at, place)
        while heap and heap[0][0] == at:
            _push(heap, directive, heapq.heappop(heap)[1], at)


def first_due(directive: CanonicalDirective, after: datetime) -> Due | None:
    """Return the next due instant after one."""
    return next(dues_after(directive, after), None)


def uniform_step(directive: CanonicalDirective) -> timedelta | None:
    """Return the distance of due times where it is always the same, so they can be counted."""
    match time_starts(directive):
        case [(_, IntervalStart(between=None, days=None, every_ms=every_ms))]:
            return timedelta(milliseconds=every_ms)
        case _:
            return None


def _push(
    heap: list[tuple[datetime, int]], directive: CanonicalDirective, place: int, after: datetime
) -> None:
    start = directive.when[place]
    assert isinstance(start, TimeStart)  # noqa: S101  (places come from time_starts)
    at = next_due(start, directive.timezone, after, directive.location)
    if at is not None:
        heapq.heappush(heap, (at, place))
