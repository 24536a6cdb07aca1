"""Times of day: `18:00`, `7:30 pm`, `noon`; an hour alone asks whether morning or evening."""

from collections.abc import Sequence

from aifp.helpers.user_directives.internal.language.faults import Ask
from aifp.helpers.user_directives.internal.language.grammar.cursor import (
    Cursor,
    pattern,
    refuse_open_list,
    take_list,
)

Clock = tuple[int, int, int]
# An hour that was written without minutes and without am or pm.
LoneHour = int
_HALF = r"(?P<half>am|pm|a\.m\.|p\.m\.)"
_FULL = pattern(
    r"(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2}))?(?:\s*" + _HALF + r")?(?![A-Za-z0-9_:])"
)
_HOUR = pattern(r"(?P<h>[0-9]{1,2})\s*" + _HALF + r"(?![A-Za-z0-9_])")
_LONE = pattern(r"(?P<h>[0-9]{1,2})(?![A-Za-z0-9_:.-])")
_LOOKS_TIMED = pattern(r"[0-9]")
NOON, MIDNIGHT = (12, 0, 0), (0, 0, 0)


def parse_time(text: str) -> str:
    """Read a whole text as one time of day, as HH:MM or HH:MM:SS."""
    cursor = Cursor(text)
    time = take_time(cursor)
    if time is None or not cursor.done():
        raise Cursor(text).fault("E301", x=text.strip()[:40])
    return write_time(time)


def write_time(time: Clock) -> str:
    """Write a time as HH:MM, with seconds only when there are some."""
    hour, minute, second = time
    return f"{hour:02d}:{minute:02d}" + (f":{second:02d}" if second else "")


def take_time(cursor: Cursor) -> Clock | None:
    """Take a full time of day if one stands here; 25:99 is a fault."""
    if word := cursor.keyword("noon", "midnight"):
        return NOON if word == "noon" else MIDNIGHT
    start = cursor.skip()
    found = cursor.take(_FULL) or cursor.take(_HOUR)
    if not found:
        return None
    parts = found.groupdict()
    time = _clock(int(parts["h"]), int(parts.get("m") or 0), int(parts.get("s") or 0))
    time = _in_half(time, parts["half"]) if parts["half"] and time else time
    if time is None:
        raise Cursor(cursor.text, start).fault("E301", x=found[0])
    return time


def need_time(cursor: Cursor) -> Clock:
    """Take the full time of day that must stand here."""
    time = take_time(cursor)
    if time is None:
        raise cursor.fault("E301")
    return time


def take_times(cursor: Cursor, ask: Ask) -> list[Clock]:
    """Take the times that must stand here; hours alone are asked about once, together."""
    found = take_list(cursor, _take_time_or_hour)
    if not found:
        raise cursor.fault("E301")
    refuse_open_list(cursor, _LOOKS_TIMED, "E301")
    lone = [t for t in found if isinstance(t, int)]
    answers = iter(_ask_half(lone, ask) if lone else ())
    return [next(answers) if isinstance(t, int) else t for t in found]


def times_from_answer(answer: object) -> list[Clock]:
    """Read the answer to a question as one or more full times."""
    cursor = Cursor(str(answer))
    times = [t for t in take_list(cursor, take_time) if t]
    if not times or not cursor.done():
        raise Cursor(str(answer)).fault("E301", x=str(answer)[:40])
    return times


def ask_time_of_day(ask: Ask, what: str) -> list[Clock]:
    """Ask at what time of day; morning and evening are offered."""
    text = f"At what time: {what}? Morning is 07:00, evening is 19:00."
    return times_from_answer(ask("q.time_of_day", text, choices=("07:00", "19:00")))


def _take_time_or_hour(cursor: Cursor) -> Clock | LoneHour | None:
    if time := take_time(cursor):
        return time
    start = cursor.pos
    found = cursor.take(_LONE)
    if not found:
        return None
    hour = int(found["h"])
    if not 1 <= hour <= 12:
        cursor.pos = start
        raise cursor.fault("E301")
    return hour


def _ask_half(hours: Sequence[LoneHour], ask: Ask) -> list[Clock]:
    halves = [[f"{h % 12 + shift:02d}:00" for h in hours] for shift in (0, 12)]
    text = f"Is {', '.join(map(str, hours))} in the morning or in the evening?"
    answer = ask("q.ampm", text, choices=[", ".join(times) for times in halves])
    times = times_from_answer(answer)
    if len(times) != len(hours):
        raise Cursor(str(answer)).fault("E301", x=str(answer)[:40])
    return times


def _clock(hour: int, minute: int, second: int) -> Clock | None:
    return (hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _in_half(time: Clock, half: str) -> Clock | None:
    if not 1 <= time[0] <= 12:
        return None
    return (time[0] % 12 + (12 if half.lower().startswith("p") else 0), *time[1:])
