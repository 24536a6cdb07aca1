"""Weekdays and days of the month, written as words, ranges or numbers."""

from collections.abc import Sequence

from aifp.helpers.user_directives.internal.language.faults import Ask, LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.cron_fields import join_values
from aifp.helpers.user_directives.internal.language.grammar.cursor import (
    Cursor,
    pattern,
    take_list,
)

# Cron numbers: Sunday is 0.
WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_NUMBER = {name[:3]: n for n, name in enumerate(WEEKDAYS)}
_WEEKDAY = pattern(
    "(" + "|".join(rf"{n[:3]}(?:{n[3:]}s?)?" for n in WEEKDAYS) + r")(?![A-Za-z0-9_])"
)
_GROUP = pattern(r"(weekday|workday|weekend)s?(?![A-Za-z0-9_])")
_DASH = pattern("-")
_MONTH_DAY = pattern(r"(?P<n>[0-9]{1,2})(?:st|nd|rd|th)?(?![A-Za-z0-9_:])")
_MOST_MONTH_DAYS = 31

Days = frozenset[int]


def parse_days(text: str) -> str:
    """Read a whole text as weekdays and return them as cron weekday text."""
    cursor = Cursor(text)
    days = take_days(cursor)
    if days is None or not cursor.done():
        raise Cursor(text).fault("E304", x=text.strip()[:40])
    return join_values(days)


def take_days(cursor: Cursor) -> Days | None:
    """Take a list of weekdays if one stands here."""
    found = take_list(cursor, _take_day)
    return frozenset[int]().union(*found) if found else None


def take_on_days(cursor: Cursor) -> Days | None:
    """Take `on` and the weekdays that must follow it, if it stands here."""
    if not cursor.keyword("on"):
        return None
    days = take_days(cursor)
    if days is None:
        raise cursor.fault("E304")
    return days


def take_weekday(cursor: Cursor) -> int | None:
    """Take one weekday if one stands here, as its cron number."""
    found = cursor.take(_WEEKDAY)
    return _NUMBER[found[0][:3].lower()] if found else None


def take_month_days(cursor: Cursor) -> str | None:
    """Take days of the month as a cron field, `L` for the last one, if they stand here."""
    found = take_list(cursor, _take_month_day)
    numbers = join_values(n for n in found if n)
    return ",".join([*([numbers] if numbers else []), *(["L"] if 0 in found else [])]) or None


def read_day_numbers(numbers: Sequence[int], ask: Ask) -> tuple[str, str]:
    """Ask what `days: [1]` means; return the day-of-month and the weekday field of cron."""
    for n in numbers:
        if not 0 <= n <= _MOST_MONTH_DAYS:
            raise LanguageFault("E305", x=n)
    if max(numbers, default=0) > 7 or not all(numbers):
        return _either_field(numbers)
    plural = "s" if len(numbers) > 1 else ""
    of_month = f"day{plural} {', '.join(map(str, numbers))} of the month"
    named = ", ".join(WEEKDAYS[n % 7].capitalize() for n in numbers)
    text = f"Does `days: {list(numbers)}` mean {of_month}, or {named}?"
    if ask("q.days_int", text, choices=(of_month, named), default=of_month) == of_month:
        return join_values(numbers), "*"
    return "*", join_values(n % 7 for n in numbers)


def _either_field(numbers: Sequence[int]) -> tuple[str, str]:
    """Decide without asking: 0 is only a weekday, 8 and more only a day of the month."""
    if all(numbers):
        return join_values(numbers), "*"
    if max(numbers) <= 7:
        return "*", join_values(n % 7 for n in numbers)
    raise LanguageFault("E305", x=0)


def _take_day(cursor: Cursor) -> Days | None:
    if group := cursor.take(_GROUP):
        return frozenset((0, 6)) if group[1].lower() == "weekend" else frozenset(range(1, 6))
    first = take_weekday(cursor)
    if first is None:
        return None
    if not cursor.take(_DASH):
        return frozenset((first,))
    last = take_weekday(cursor)
    if last is None:
        raise cursor.fault("E304")
    return frozenset((first + n) % 7 for n in range((last - first) % 7 + 1))


def _take_month_day(cursor: Cursor) -> int | None:
    """Take one day of the month; 0 stands for the last one."""
    if cursor.keyword("last day", "last"):
        return 0
    start = cursor.skip()
    found = cursor.take(_MONTH_DAY)
    if not found:
        return None
    if not 1 <= int(found["n"]) <= _MOST_MONTH_DAYS:
        raise Cursor(cursor.text, start).fault("E305")
    return int(found["n"])
