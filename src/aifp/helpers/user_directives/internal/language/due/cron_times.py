"""Due times of cron starts: fixed times of day, and patterns that follow elapsed time."""

from copy import copy
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim

from aifp.helpers.user_directives.internal.language.due.zones import (
    fixed_zone_at,
    instant_of,
    next_change,
    wall_of,
)
from aifp.schemas.starts import CalendarStep, CronStart

_SECOND = timedelta(seconds=1)
_ANY = datetime(2026, 1, 1)  # noqa: DTZ001
# cronsim gives up after as many years; days that a step never allows must end as well.
_YEARS_AHEAD = 50


def next_cron(start: CronStart, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the first due time after an instant; seconds are added after the minute is fixed."""
    seconds = timedelta(seconds=start.second)
    follow = _next_elapsed if follows_elapsed_time(start.expr) else _next_fixed
    minute = follow(start, zone, after - seconds)
    return None if minute is None else minute + seconds


def follows_elapsed_time(expr: str) -> bool:
    """Say whether a cron text has `*` first in its minute or hour field."""
    minute, hour, *_ = expr.split(" ", 2)
    return minute.startswith("*") or hour.startswith("*")


def _next_fixed(start: CronStart, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Find a fixed time: once at the end of a gap, once in the first pass of a repeated hour."""
    wall: datetime | None = wall_of(after, zone)
    while wall := next_wall(start, wall):
        instant = instant_of(wall, zone)
        # The second pass of a repeated hour shows local times that are already over.
        if instant > after:
            return instant
    return None


def _next_elapsed(start: CronStart, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Find a local time under the offset in force; at a change of offset, begin anew there."""
    at, floor = after, wall_of(after, zone)
    while True:
        offset = fixed_zone_at(at, zone)
        wall = next_wall(start, floor)
        if wall is None:
            return None
        found = wall.replace(tzinfo=offset).astimezone(UTC)
        change = next_change(zone, at, found)
        if change is None:
            return found
        at, floor = change, wall_of(change, zone) - _SECOND


def next_wall(start: CronStart, after: datetime) -> datetime | None:
    """Return the first local time after another that the fields and the step allow."""
    limit = after.year + _YEARS_AHEAD
    wall = _next_match(start.expr, after)
    while start.step and wall and wall.year <= limit:
        day = first_allowed(start.step, wall.date())
        if day == wall.date():
            return wall
        wall = _next_match(start.expr, datetime.combine(day, time()) - _SECOND)
    return wall if start.step is None else None


def first_allowed(step: CalendarStep, day: date) -> date:
    """Return the first date from `day` on that every n-th day or week allows."""
    first = date.fromisoformat(step.from_)
    day = max(day, first)
    if step.unit == "day":
        return day + timedelta(days=-(day - first).days % step.n)
    # Weeks begin on Monday, as in the rules of calendars (RFC 5545).
    weeks = (_monday(day) - _monday(first)).days // 7
    skipped = -weeks % step.n
    return day if not skipped else _monday(day) + timedelta(weeks=skipped)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _next_match(expr: str, after: datetime) -> datetime | None:
    matcher = copy(_matcher(expr))
    matcher.dt = after.replace(microsecond=0)
    return next(matcher, None)


@lru_cache(maxsize=16_384)
def _matcher(expr: str) -> CronSim:
    """Parse a cron text once; without a zone, because clock changes are settled here."""
    return CronSim(expr, _ANY)
