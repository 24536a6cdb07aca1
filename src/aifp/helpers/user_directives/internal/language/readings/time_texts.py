"""Time starts written back in the grammar they were read from."""

from itertools import product

from aifp.helpers.user_directives.internal.language.grammar.clock import write_time
from aifp.helpers.user_directives.internal.language.grammar.cron_fields import field_values
from aifp.helpers.user_directives.internal.language.grammar.cursor import pattern
from aifp.helpers.user_directives.internal.language.grammar.days import WEEKDAYS
from aifp.helpers.user_directives.internal.language.grammar.durations import write_duration
from aifp.schemas.starts import CalendarStep, CronStart, DateStart, IntervalStart, SunStart

# More times of day than this read better as the cron text.
_MOST_TIMES = 4
_NTH = ("", "first", "second", "third", "fourth")
_PLAIN = pattern(r"[0-9,-]+")
_GROUPS = {"1-5": "weekdays", "0,6": "weekends"}


def cron_text(start: CronStart) -> tuple[str, str]:
    """Return the kind of text (`time`, `every` or `cron`) and the text of a cron start."""
    minute, hour, *days = start.expr.split(" ")
    times = _times(minute, hour, start.second)
    written = _counted(start.step, days) if start.step else _uncounted(days)
    many = len(times) > _MOST_TIMES and not start.second and not start.step
    if not times or many or written is None:
        return "cron", start.expr
    at = ", ".join(times)
    if start.step:
        return "every", f"{written} at {at} from {start.step.from_}"
    if written == "" or written.startswith("on "):
        return "time", f"{at} {written}".strip()
    return "every", f"{written} at {at}"


def interval_text(start: IntervalStart) -> str:
    """Return the `every` text of an interval."""
    parts = [write_duration(start.every_ms)]
    if start.between:
        parts.append(f"between {start.between[0]} and {start.between[1]}")
    if start.days:
        parts.append(f"on {days_text(start.days)}")
    if start.from_:
        parts.append(f"from {_moment(start.from_)}")
    return " ".join(parts)


def date_text(start: DateStart) -> str:
    """Return the `at` text of a date."""
    return _moment(start.at)


def sun_text(start: SunStart) -> str:
    """Return the `at` text of a sun time."""
    offset = write_duration(abs(start.offset_ms))
    sign = "-" if start.offset_ms < 0 else "+"
    days = f" on {days_text(start.days)}" if start.days else ""
    return start.event + (f" {sign} {offset}" if start.offset_ms else "") + days


def days_text(field: str) -> str:
    """Return a plain weekday field of cron as words."""
    named = (WEEKDAYS[n][:3] for n in sorted(field_values(field)))
    return _GROUPS.get(field) or ", ".join(named)


def _moment(text: str) -> str:
    return text.replace("T", " ").removesuffix(":00")


def _times(minute: str, hour: str, second: int) -> list[str]:
    if not _PLAIN.fullmatch(minute) or not _PLAIN.fullmatch(hour):
        return []
    clocks = product(sorted(field_values(hour)), sorted(field_values(minute)))
    return [write_time((h, m, second)) for h, m in clocks]


def _uncounted(days: list[str]) -> str | None:
    """Return the days in words: an empty text for every day, `on ...` for weekdays, else a span."""
    day, month, weekday = days
    if (day, month) == ("*", "*"):
        return _weekdays(weekday)
    if weekday != "*":
        return None
    if month == "*":
        return _month_days(day)
    dated = day.isdigit() and month.isdigit()
    return f"year on {int(month):02d}-{int(day):02d}" if dated else None


def _weekdays(field: str) -> str | None:
    if field == "*":
        return ""
    if _PLAIN.fullmatch(field):
        return f"on {days_text(field)}"
    return _nth_weekday(field)


def _nth_weekday(field: str) -> str | None:
    if len(field) == len("5L") and field.endswith("L"):
        return f"last {WEEKDAYS[int(field[0])]}"
    number, _, nth = field.partition("#")
    known = number.isdigit() and nth.isdigit() and int(nth) < len(_NTH)
    return f"{_NTH[int(nth)]} {WEEKDAYS[int(number)]}" if known else None


def _month_days(field: str) -> str | None:
    plain = field.removesuffix("L").removesuffix(",")
    if plain and not _PLAIN.fullmatch(plain):
        return None
    numbers = [str(n) for n in sorted(field_values(plain))] if plain else []
    return f"month on {', '.join([*numbers, *(['last'] if field.endswith('L') else [])])}"


def _counted(step: CalendarStep, days: list[str]) -> str | None:
    uncounted = _uncounted(days)
    if step.n == 1 and step.unit == "day" and uncounted is not None:
        return uncounted.removeprefix("on ") or "day"
    if uncounted is None or not (uncounted == "" or uncounted.startswith("on ")):
        return None
    return f"{step.n} {step.unit}s {uncounted}".strip()
