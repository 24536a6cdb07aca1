"""When a start or a directive is due next: pure functions of the start and an instant."""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeGuard, assert_never
from zoneinfo import ZoneInfo

from aifp.helpers.user_directives.internal.language.due.cron_times import next_cron
from aifp.helpers.user_directives.internal.language.due.interval_times import next_interval
from aifp.helpers.user_directives.internal.language.due.sun_times import Location, next_sun
from aifp.helpers.user_directives.internal.language.due.zones import instant_of_text, zone_of
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.starts import (
    CronStart,
    DateStart,
    IntervalStart,
    Start,
    SunStart,
    TimeStart,
)


def next_due(
    start: TimeStart, zone: str, after: datetime, location: Location | None = None
) -> datetime | None:
    """Return the first due time of a start strictly after an instant, in UTC."""
    return _next(start, zone_of(zone), after, location)


def due_times(
    start: TimeStart,
    zone: str,
    after: datetime,
    until: datetime,
    limit: int,
    location: Location | None = None,
) -> list[datetime]:
    """Return the due times of a start after one instant and up to another, at most `limit`."""
    at: datetime | None = after
    found: list[datetime] = []
    while len(found) < limit and (at := next_due(start, zone, at, location)) and at <= until:
        found.append(at)
    return found


def next_of(directive: CanonicalDirective, after: datetime) -> datetime | None:
    """Return the first due time of a directive strictly after an instant, over all its starts."""
    return min((at for at, _ in _due_starts(directive, after)), default=None)


def next_with_starts(
    directive: CanonicalDirective, after: datetime
) -> tuple[datetime, list[TimeStart]] | None:
    """Return the first due time of a directive and every start that falls on it: one run."""
    due = list(_due_starts(directive, after))
    if not due:
        return None
    first = min(at for at, _ in due)
    return first, [start for at, start in due if at == first]


def due_times_of(
    directive: CanonicalDirective, after: datetime, until: datetime, limit: int
) -> list[datetime]:
    """Return the due times of a directive after one instant and up to another, each once."""
    at: datetime | None = after
    found: list[datetime] = []
    while len(found) < limit and (at := next_of(directive, at)) and at <= until:
        found.append(at)
    return found


def is_timed(start: Start) -> TypeGuard[TimeStart]:
    """Say whether a start comes by the clock."""
    return isinstance(start, CronStart | IntervalStart | DateStart | SunStart)


def _due_starts(
    directive: CanonicalDirective, after: datetime
) -> Iterator[tuple[datetime, TimeStart]]:
    zone = zone_of(directive.timezone)
    for start in directive.when:
        if is_timed(start):
            at = _next(start, zone, after, directive.location)
            if at is not None:
                yield at, start


def _next(
    start: TimeStart, zone: ZoneInfo, after: datetime, location: Location | None
) -> datetime | None:
    match start:
        case CronStart():
            return next_cron(start, zone, after)
        case IntervalStart():
            return next_interval(start, zone, after)
        case DateStart():
            return next_date(start, zone, after)
        case SunStart():
            return next_sun(start, zone, after, location)
        case _:
            assert_never(start)


def next_date(start: DateStart, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the one instant of a date start while it is still to come."""
    at = instant_of_text(start.at, zone)
    return at if at > after else None
