"""Due times of intervals: a grid of elapsed time, kept to a daily window and to weekdays."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from aifp.helpers.user_directives.internal.language.due.zones import (
    instant_of,
    instant_of_text,
    next_change,
    second_pass_of,
    wall_of,
)
from aifp.helpers.user_directives.internal.language.grammar.cron_fields import field_values
from aifp.schemas.starts import IntervalStart

GRID_START = "2026-01-01T00:00:00"
_DAY = timedelta(days=1)
# A grid may never meet its window; about eleven years of looking are enough to say so.
_MOST_LOOKS = 4_000


def next_interval(start: IntervalStart, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the first time of the grid after an instant that lies in the window."""
    first = _grid_start(start.from_ or GRID_START, zone)
    every = timedelta(milliseconds=start.every_ms)
    at = first + every * max(0, (after - first) // every + 1)
    if start.between is None and start.days is None:
        return at
    for _ in range(_MOST_LOOKS):
        wall = wall_of(at, zone)
        if _in_window(start, wall):
            return at
        resume = _window_may_open(start, zone, at, wall)
        at = first + every * max(0, -((first - resume) // every))
    return None


@lru_cache(maxsize=4096)
def _grid_start(text: str, zone: ZoneInfo) -> datetime:
    return instant_of_text(text, zone)


def _in_window(start: IntervalStart, wall: datetime) -> bool:
    return _on_days(start, wall.date()) and _in_hours(start, wall.time())


def _on_days(start: IntervalStart, day: date) -> bool:
    return start.days is None or day.isoweekday() % 7 in _weekdays(start.days)


def _in_hours(start: IntervalStart, at: time) -> bool:
    if start.between is None:
        return True
    opens, closes = map(time.fromisoformat, start.between)
    if opens < closes:
        return opens <= at < closes
    return at >= opens or at < closes


@lru_cache(maxsize=256)
def _weekdays(days: str) -> frozenset[int]:
    return field_values(days)


def _window_may_open(
    start: IntervalStart, zone: ZoneInfo, at: datetime, wall: datetime
) -> datetime:
    """Return an instant later than `at`, before which the closed window surely stays closed."""
    boundary = _next_boundary(start, wall)
    passes = (instant_of(boundary, zone), second_pass_of(boundary, zone))
    opens = min((i for i in passes if i > at), default=at + _DAY)
    return next_change(zone, at, opens) or opens


def _next_boundary(start: IntervalStart, wall: datetime) -> datetime:
    """Return the next local time at which a new day or the daily window begins."""
    today = wall.date()
    if start.between is None or not _on_days(start, today):
        return datetime.combine(today + _DAY, time())
    opens = datetime.combine(today, time.fromisoformat(start.between[0]))
    midnight = datetime.combine(today + _DAY, time())
    return opens if opens > wall else midnight
