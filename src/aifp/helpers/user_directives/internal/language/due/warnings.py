"""What a person should know of a directive's times before approving it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aifp.helpers.user_directives.internal.language.due.cron_times import (
    follows_elapsed_time,
    next_wall,
)
from aifp.helpers.user_directives.internal.language.due.next_due import due_times_of, is_timed
from aifp.helpers.user_directives.internal.language.due.zones import (
    instant_of,
    next_change,
    wall_of,
    zone_of,
)
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap, Record
from aifp.schemas.starts import CronStart, DateStart, TimeStart

_YEAR = timedelta(days=366)
# Dates beyond it cannot be written.
_LAST_DAY = datetime(2200, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_OFTEN = timedelta(seconds=10)


class TimeWarning(Record):
    """One warning: its code in the message catalogue, and what the message names."""

    code: str
    names: JsonMap = {}


def time_warnings(directive: CanonicalDirective, after: datetime) -> list[TimeWarning]:
    """Return the clock changes that move a due time, no future run, and too frequent runs."""
    timed = [start for start in directive.when if is_timed(start)]
    found = [*_moved(directive, after)]
    soon = due_times_of(directive, after, _LAST_DAY, 2)
    if timed and len(timed) == len(directive.when) and not soon:
        found.append(TimeWarning(code="W302"))
    if len(soon) > 1 and soon[1] - soon[0] < _OFTEN:
        found.append(TimeWarning(code="W303"))
    return found


def _moved(directive: CanonicalDirective, after: datetime) -> Iterator[TimeWarning]:
    """Yield the ends of gaps in the coming year at which a fixed time runs instead."""
    zone = zone_of(directive.timezone)
    at, until = after, after + _YEAR
    while change := next_change(zone, at, until):
        at = change
        if any(_falls_into_gap(start, zone, change) for start in directive.when if is_timed(start)):
            wall = wall_of(change, zone)
            names: JsonMap = {"t": wall.strftime("%H:%M"), "date": wall.date().isoformat()}
            yield TimeWarning(code="W301", names=names)


def _falls_into_gap(start: TimeStart, zone: ZoneInfo, change: datetime) -> bool:
    begins = wall_of(change - _SECOND, zone)
    ends = wall_of(change, zone)
    if isinstance(start, DateStart):
        wall = datetime.fromisoformat(start.at)
    elif isinstance(start, CronStart) and not follows_elapsed_time(start.expr):
        wall = next_wall(start, begins)
    else:
        return False
    return wall is not None and begins < wall < ends and instant_of(wall, zone) == change
