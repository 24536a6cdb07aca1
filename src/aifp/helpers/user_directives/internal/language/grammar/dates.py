"""Calendar dates from 2000 to 2199, with or without a time of day."""

from datetime import date

from aifp.helpers.user_directives.internal.language.faults import Ask
from aifp.helpers.user_directives.internal.language.grammar.clock import (
    MIDNIGHT,
    Clock,
    ask_time_of_day,
    take_time,
    take_times,
)
from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor, pattern

FIRST_YEAR, LAST_YEAR = 2000, 2199
DATE = pattern(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})(?![0-9-])")
_MONTH_DAY = pattern(r"(?P<m>[0-9]{2})-(?P<d>[0-9]{2})(?![0-9-])")
_T = pattern(r"T(?=[0-9])")
_HOUR = pattern(r"[0-9]{1,2}(?![A-Za-z0-9_.-])|noon\b|midnight\b|[0-9]{1,2}\s*[ap]\.?m|[0-9]{1,2}:")
# A leap year, so that 02-29 is a day.
_ANY_YEAR = 2000


def parse_date(text: str) -> str:
    """Read a whole text as a date, YYYY-MM-DD."""
    cursor = Cursor(text)
    found = take_date(cursor)
    if found is None or not cursor.done():
        raise Cursor(text).fault("E303", x=text.strip()[:40])
    return found.isoformat()


def parse_datetime(text: str, ask: Ask) -> str:
    """Read a whole text as a local date and time, YYYY-MM-DDTHH:MM:SS."""
    cursor = Cursor(text)
    found = take_date(cursor)
    if found is None:
        raise cursor.fault("E303")
    written = write_datetime(found, take_time_of_date(cursor, found, ask))
    cursor.finish()
    return written


def take_date(cursor: Cursor) -> date | None:
    """Take a date if one stands here; 30 February is a fault."""
    start = cursor.skip()
    found = cursor.take(DATE)
    if not found:
        return None
    day = _date(int(found["y"]), int(found["m"]), int(found["d"]))
    if day is None:
        raise Cursor(cursor.text, start).fault("E303", x=found[0])
    return day


def need_date(cursor: Cursor) -> date:
    """Take the date that must stand here."""
    found = take_date(cursor)
    if found is None:
        raise cursor.fault("E303")
    return found


def need_month_day(cursor: Cursor) -> tuple[int, int]:
    """Take the month and day, MM-DD, that must stand here."""
    start = cursor.skip()
    found = cursor.take(_MONTH_DAY)
    day = _date(_ANY_YEAR, int(found["m"]), int(found["d"])) if found else None
    if day is None:
        raise Cursor(cursor.text, start).fault("E303")
    return day.month, day.day


def take_time_of_date(cursor: Cursor, day: date, ask: Ask) -> Clock:
    """Take the time after a date (`T`, `at` or a space between), else ask for it."""
    wanted = cursor.keyword("at") or cursor.take(_T)
    if wanted or cursor.peek(_HOUR):
        start = cursor.pos
        times = take_times(cursor, ask)
        if len(times) > 1:
            raise Cursor(cursor.text, start).fault("E301")
        return times[0]
    return ask_time_of_day(ask, f"on {day.isoformat()}")[0]


def take_date_or_datetime(cursor: Cursor) -> str:
    """Take a date or a date and time that must stand here; a date alone means its midnight."""
    day = need_date(cursor)
    start = cursor.pos
    wanted = cursor.keyword("at") or cursor.take(_T)
    time = take_time(cursor)
    if wanted and time is None:
        cursor.pos = start
    return write_datetime(day, time or MIDNIGHT)


def write_datetime(day: date, time: Clock) -> str:
    """Write a local date and time as YYYY-MM-DDTHH:MM:SS."""
    return f"{day.isoformat()}T{time[0]:02d}:{time[1]:02d}:{time[2]:02d}"


def _date(year: int, month: int, day: int) -> date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
