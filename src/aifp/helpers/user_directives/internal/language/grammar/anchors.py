"""From which date every second week or every third day is counted."""

from datetime import date, timedelta
from typing import Literal

from aifp.helpers.user_directives.internal.language.faults import Ask
from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor
from aifp.helpers.user_directives.internal.language.grammar.dates import take_date
from aifp.helpers.user_directives.internal.language.grammar.days import Days

NEXT_MATCH = "next match"
# The start of every grid that names no other start, so that reading twice gives the same.
GRID_START = "2026-01-01"


def ask_anchor(ask: Ask, unit: Literal["day", "week"], days: Days | None, today: str) -> date:
    """Ask for the first date; without an answer it is the next match from `today` on."""
    first = _next_match(date.fromisoformat(today), days)
    second = _next_match(first + timedelta(days=1), days)
    text = f"Which is the first {unit} to count from: the next match ({first}), or another date?"
    choices = (NEXT_MATCH, first.isoformat(), second.isoformat())
    answer = str(ask("q.anchor", text, choices=choices, default=NEXT_MATCH))
    if answer == NEXT_MATCH:
        return first
    cursor = Cursor(answer)
    chosen = take_date(cursor)
    if chosen is None or not cursor.done():
        raise Cursor(answer).fault("E303", x=answer[:40])
    return chosen


def weekday_of(day: date) -> int:
    """Return the cron number of the weekday of a date."""
    return day.isoweekday() % 7


def _next_match(day: date, days: Days | None) -> date:
    wanted = days or frozenset((weekday_of(day),))
    return next(d for d in (day + timedelta(days=n) for n in range(7)) if weekday_of(d) in wanted)
