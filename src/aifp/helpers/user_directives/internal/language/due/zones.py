"""Time zones: the offset of an instant, the changes of a zone, and the instant of a local time."""

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aifp.schemas.errors import InvalidArgument

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def zone_of(name: str) -> ZoneInfo:
    """Return a zone of the installed zone list; zoneinfo itself keeps and renews them."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidArgument(f"Time zone {name} is not in the installed zone list.") from error


def wall_of(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the local date and time of an instant, without a zone."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def fixed_zone_at(instant: datetime, zone: ZoneInfo) -> timezone:
    """Return the offset that a zone has at an instant, as a zone that never changes."""
    return timezone(instant.astimezone(zone).utcoffset() or timedelta())


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a local time: first pass of two, the end of a gap it falls into."""
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return instant if wall_of(instant, zone) == wall else _last_change(zone, instant)


def instant_of_text(text: str, zone: ZoneInfo) -> datetime:
    """Return the instant of YYYY-MM-DDTHH:MM:SS; seconds are added after the minute is fixed."""
    wall = datetime.fromisoformat(text)
    return instant_of(wall.replace(second=0), zone) + timedelta(seconds=wall.second)


def second_pass_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the later instant of a local time that comes twice."""
    return wall.replace(tzinfo=zone, fold=1).astimezone(UTC)


def next_change(zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """Return the first change of the zone's offset that is after one instant, up to another."""
    for year in range(after.year, until.year + 1):
        changes = changes_of(zone, year)
        index = bisect_right(changes, after)
        if index < len(changes):
            return changes[index] if changes[index] <= until else None
    return None


@lru_cache(maxsize=4096)
def changes_of(zone: ZoneInfo, year: int) -> tuple[datetime, ...]:
    """Return the instants of a year (UTC) at which the zone's offset changes."""
    first = datetime(year, 1, 1, tzinfo=UTC) - _SECOND
    days = [first + n * _DAY for n in range((datetime(year + 1, 1, 1, tzinfo=UTC) - first).days)]
    last = datetime(year + 1, 1, 1, tzinfo=UTC) - _SECOND
    pairs = zip(days, [*days[1:], last], strict=True)
    return tuple(_change(zone, a, b) for a, b in pairs if _offset(zone, a) != _offset(zone, b))


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the first second at which the offset of `low` no longer holds."""
    before = _offset(zone, low)
    seconds = range(int((high - low).total_seconds()) + 1)
    changed = bisect_left(seconds, 1, key=lambda n: int(_offset(zone, low + n * _SECOND) != before))
    return low + changed * _SECOND


def _last_change(zone: ZoneInfo, until: datetime) -> datetime:
    for year in (until.year, until.year - 1):
        changes = changes_of(zone, year)
        index = bisect_right(changes, until)
        if index:
            return changes[index - 1]
    return until


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()
