"""The `every` text: an interval of elapsed time, or calendar days at times of day."""

from datetime import date
from functools import partial

from aifp.helpers.user_directives.internal.language.faults import Ask
from aifp.helpers.user_directives.internal.language.grammar.anchors import (
    GRID_START,
    ask_anchor,
    weekday_of,
)
from aifp.helpers.user_directives.internal.language.grammar.clock import (
    Clock,
    ask_time_of_day,
    need_time,
    take_times,
    write_time,
)
from aifp.helpers.user_directives.internal.language.grammar.cron import starts_at
from aifp.helpers.user_directives.internal.language.grammar.cron_fields import join_values
from aifp.helpers.user_directives.internal.language.grammar.cursor import (
    Cursor,
    pattern,
    read_whole,
)
from aifp.helpers.user_directives.internal.language.grammar.dates import (
    need_date,
    take_date_or_datetime,
    write_datetime,
)
from aifp.helpers.user_directives.internal.language.grammar.days import take_on_days
from aifp.helpers.user_directives.internal.language.grammar.durations import (
    DAY,
    SECOND,
    TEN_YEARS,
    UNIT_MS,
    WEEK,
    take_duration,
)
from aifp.helpers.user_directives.internal.language.grammar.spans import (
    Span,
    take_counted,
    take_nth_weekday,
    take_span,
)
from aifp.schemas.starts import CalendarStep, IntervalStart, Start

THAT_DATE, NEXT_DATE = "that date", "the next date"
_NOON = (12, 0, 0)
_LOOKS_COUNTED = pattern(r"[-+.]?[0-9]|P[T0-9]")


def parse_every(text: str, ask: Ask, today: str = GRID_START) -> list[Start]:
    """Read a whole `every` text; `today` is where the next match is looked for."""
    return read_whole(text, partial(take_every, today=today), ask)


def take_every(cursor: Cursor, ask: Ask, today: str = GRID_START) -> list[Start]:
    """Take an `every` text from the front of what stands here."""
    cursor.keyword("every")
    if span := take_nth_weekday(cursor) or _counted_with_time(cursor):
        return _calendar(cursor, ask, span, today)
    if (ms := _take_interval(cursor)) is not None:
        return _interval(cursor, ask, ms, today)
    if span := take_span(cursor, ask):
        return _calendar(cursor, ask, span, today)
    raise cursor.fault("E310" if cursor.peek(_LOOKS_COUNTED) else "E330")


def _counted_with_time(cursor: Cursor) -> Span | None:
    """Take `2 days` or `other week` as calendar days, if a time of day follows or it says other."""
    start = cursor.skip()
    other = cursor.ahead("other")
    span = take_counted(cursor)
    if span and (other or cursor.ahead("at")):
        return span
    cursor.pos = start
    return None


def _take_interval(cursor: Cursor) -> int | None:
    if unit := cursor.keyword("second", "minute", "hour"):
        return UNIT_MS[unit]
    return take_duration(cursor, SECOND, TEN_YEARS)


def _interval(cursor: Cursor, ask: Ask, ms: int, today: str) -> list[Start]:
    if cursor.ahead("at"):
        raise cursor.fault("E313")
    between = _take_between(cursor)
    days = take_on_days(cursor)
    grid = take_date_or_datetime(cursor) if cursor.keyword("from") else None
    if ms % DAY == 0 and grid is None:
        times = ask_time_of_day(ask, f"every {ms // DAY} days")
        if between is None:
            return _counted(_whole_days(ms)._replace(weekdays=days), times, ask, today)
        grid = write_datetime(date.fromisoformat(GRID_START), times[0])
    weekdays = join_values(days) if days else None
    start = IntervalStart(kind="interval", every_ms=ms, from_=grid, between=between, days=weekdays)
    return [start]


def _whole_days(ms: int) -> Span:
    """Return what `every 14d` means once a time of day is told: calendar days, not 24 hours."""
    weeks, odd = divmod(ms, WEEK)
    return Span("", unit="day", n=ms // DAY) if odd else Span("", unit="week", n=weeks)


def _take_between(cursor: Cursor) -> tuple[str, str] | None:
    if not cursor.keyword("between"):
        return None
    first = need_time(cursor)
    if not cursor.keyword("and"):
        raise cursor.fault("E301")
    return write_time(first), write_time(need_time(cursor))


def _calendar(cursor: Cursor, ask: Ask, span: Span, today: str) -> list[Start]:
    at = cursor.keyword("at")
    times = take_times(cursor, ask) if at else ask_time_of_day(ask, span.what)
    grid = need_date(cursor) if cursor.keyword("from") else None
    if span.at_night and min(times) < _NOON:
        return _night(span, times, ask, grid)
    return _counted(span, times, ask, today, grid)


def _counted(
    span: Span, times: list[Clock], ask: Ask, today: str, grid: date | None = None
) -> list[Start]:
    unnamed_day = span.unit == "week" and span.weekdays is None
    counted = span.n > 1 or grid is not None
    if grid is None and (counted or unnamed_day):
        grid = ask_anchor(ask, span.unit, span.weekdays, today)
    if grid and unnamed_day:
        span = span._replace(weekdays=frozenset((weekday_of(grid),)))
    step = _step(span, grid) if grid and counted else None
    return [*starts_at(times, span.day, span.month, span.weekday(), step)]


def _step(span: Span, grid: date) -> CalendarStep:
    return CalendarStep(unit=span.unit, n=span.n, from_=grid.isoformat())


def _night(span: Span, times: list[Clock], ask: Ask, grid: date | None) -> list[Start]:
    """Settle whether the hours after midnight of a named night belong to the next date."""
    early = [time for time in times if time < _NOON]
    late = [time for time in times if time >= _NOON]
    text = f"Is {', '.join(map(write_time, early))} of that night on that date or the next date?"
    answer = ask("q.night_day", text, choices=(THAT_DATE, NEXT_DATE))
    shift = 1 if answer == NEXT_DATE else 0
    days = span.weekdays or frozenset[int]()
    morning = join_values((day + shift) % 7 for day in days)
    step = _step(span, grid) if grid else None
    return [
        *starts_at(early, weekday=morning, step=step),
        *starts_at(late, weekday=span.weekday(), step=step),
    ]
