"""Cron texts of five fields, and the cron starts that times of day become."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from cronsim import CronSim, CronSimError

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.clock import Clock
from aifp.helpers.user_directives.internal.language.grammar.cron_fields import (
    FIELDS,
    join_values,
    normal_field,
)
from aifp.helpers.user_directives.internal.language.grammar.cursor import pattern
from aifp.schemas.starts import CalendarStep, CronStart

NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_WORD = pattern(r"\S+")
# Any instant does: what never comes in the 50 years after it never comes.
_SOME_DAY = datetime(2026, 1, 1)  # noqa: DTZ001


def parse_cron(text: str) -> CronStart:
    """Read a whole text as a nickname or five cron fields."""
    return CronStart(kind="cron", expr=normal_cron(text))


def normal_cron(text: str, offset: int = 0) -> str:
    """Return the normal form of a cron text, which does match some date."""
    fields = list(_WORD.finditer(text))
    if len(fields) == 1 and (known := NICKNAMES.get(fields[0][0].lower())):
        return known
    if len(fields) != len(FIELDS):
        raise LanguageFault("E320", offset, n=len(fields), x=text.strip()[:40])
    parts = (normal_field(f, m[0], offset + m.start()) for f, m in zip(FIELDS, fields, strict=True))
    expr = " ".join(parts)
    if not comes_ever(expr):
        raise LanguageFault("E324", offset, x=expr)
    return expr


@lru_cache(maxsize=1024)
def comes_ever(expr: str) -> bool:
    """Say whether a normal cron text matches any date."""
    try:
        next(CronSim(expr, _SOME_DAY))
    except (CronSimError, StopIteration):
        return False
    return True


def starts_at(
    times: Iterable[Clock],
    day: str = "*",
    month: str = "*",
    weekday: str = "*",
    step: CalendarStep | None = None,
) -> list[CronStart]:
    """Return the fewest cron starts that mean exactly these times of day on these days."""
    return [
        CronStart(kind="cron", expr=f"{clock} {day} {month} {weekday}", second=second, step=step)
        for second, clock in _clock_fields(times)
    ]


def _clock_fields(times: Iterable[Clock]) -> list[tuple[int, str]]:
    """Join times into (second, `minute hour`): one per minute, minutes of equal hours together."""
    hours: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for hour, minute, second in times:
        hours[second, minute].add(hour)
    minutes: defaultdict[tuple[int, tuple[int, ...]], set[int]] = defaultdict(set)
    for (second, minute), at in hours.items():
        minutes[second, tuple(sorted(at))].add(minute)
    ordered = sorted((second, at, sorted(group)) for (second, at), group in minutes.items())
    return [(second, f"{join_values(group)} {join_values(at)}") for second, at, group in ordered]
