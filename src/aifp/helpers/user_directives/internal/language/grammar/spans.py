"""The days an `every` text names: which cron fields they become, and how they are counted."""

from typing import Literal, NamedTuple

from aifp.helpers.user_directives.internal.language.faults import Ask
from aifp.helpers.user_directives.internal.language.grammar.cron_fields import join_values
from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor, pattern
from aifp.helpers.user_directives.internal.language.grammar.dates import need_month_day
from aifp.helpers.user_directives.internal.language.grammar.days import (
    Days,
    take_days,
    take_month_days,
    take_on_days,
    take_weekday,
)
from aifp.helpers.user_directives.internal.language.grammar.durations import (
    COUNT_WORDS,
    DAY,
    TEN_YEARS,
    WEEK,
    count_of,
    write_duration,
)

_NTH = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_COUNT = pattern(rf"[0-9]+(?=\s)|(?:{'|'.join(COUNT_WORDS)})(?=\s)")
_UNIT = pattern(r"(day|week)s?(?![A-Za-z0-9_])")


class Span(NamedTuple):
    """Days as cron fields; with `n`, every n-th day or week of them."""

    what: str
    day: str = "*"
    month: str = "*"
    weekdays: Days | None = None
    weekday_field: str | None = None
    unit: Literal["day", "week"] = "day"
    n: int = 1
    at_night: bool = False

    def weekday(self) -> str:
        """Return the weekday field of cron."""
        return self.weekday_field or (join_values(self.weekdays) if self.weekdays else "*")


def take_span(cursor: Cursor, ask: Ask) -> Span | None:
    """Take a day word, a month, a year or weekdays, if they stand here."""
    if word := cursor.keyword("day", "night", "morning", "afternoon", "evening"):
        return Span(f"every {word}")
    if cursor.keyword("month"):
        return _month(cursor, ask)
    if cursor.keyword("year on"):
        month, day = need_month_day(cursor)
        return Span(f"every year on {month:02d}-{day:02d}", str(day), str(month))
    return _weekdays(cursor)


def take_nth_weekday(cursor: Cursor) -> Span | None:
    """Take `first monday of the month` and the like, if it stands here."""
    start = cursor.skip()
    nth = cursor.keyword(*_NTH, "last")
    day = take_weekday(cursor) if nth else None
    if nth is None or day is None:
        cursor.pos = start
        return None
    if cursor.keyword("of the", "of each", "of every") and not cursor.keyword("month"):
        raise cursor.fault("E330")
    field = f"{day}L" if nth == "last" else f"{day}#{_NTH[nth]}"
    return Span(cursor.text[start : cursor.pos], weekday_field=field)


def take_counted(cursor: Cursor) -> Span | None:
    """Take `2 weeks on monday`, `other day`, `other friday`, if it stands here."""
    start = cursor.skip()
    n = 2 if cursor.keyword("other") else _take_count(cursor)
    unit = cursor.take(_UNIT) if n is not None else None
    if n is not None and unit:
        word: Literal["day", "week"] = "week" if unit[1].lower() == "week" else "day"
        _check_count(Cursor(cursor.text, start), n, word)
        days = take_on_days(cursor)
        return Span(f"every {cursor.text[start : cursor.pos]}", weekdays=days, unit=word, n=n)
    cursor.pos = start
    days = take_days(cursor) if cursor.keyword("other") else None
    if not days:
        cursor.pos = start
        return None
    return Span(f"every {cursor.text[start : cursor.pos]}", weekdays=days, unit="week", n=2)


def _take_count(cursor: Cursor) -> int | None:
    found = cursor.take(_COUNT)
    return count_of(found[0]) if found else None


def _check_count(at: Cursor, n: int, unit: str) -> None:
    most = TEN_YEARS // (DAY if unit == "day" else WEEK)
    if not 1 <= n <= most:
        raise at.fault("E311", lo=f"1 {unit}", hi=write_duration(TEN_YEARS))


def _weekdays(cursor: Cursor) -> Span | None:
    start = cursor.skip()
    days = take_days(cursor)
    if not days:
        return None
    what = f"every {cursor.text[start : cursor.pos]}"
    return Span(what, weekdays=days, at_night=cursor.keyword("night") is not None)


def _month(cursor: Cursor, ask: Ask) -> Span:
    named = [cursor.keyword(word) for word in ("on", "the", "day")]
    days = take_month_days(cursor)
    if days is None and any(named):
        raise cursor.fault("E305")
    return Span("every month", day=days or _ask_month_day(ask))


def _ask_month_day(ask: Ask) -> str:
    answer = str(ask("q.month_day", "On which day of the month?", choices=(1, 15, "last")))
    cursor = Cursor(answer)
    days = take_month_days(cursor)
    if days is None or not cursor.done():
        raise Cursor(answer).fault("E305", x=answer[:40])
    return days
