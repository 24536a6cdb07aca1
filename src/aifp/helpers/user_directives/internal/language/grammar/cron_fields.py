"""The five fields of a cron text, each checked and brought to its one normal form."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.cursor import pattern

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_ITEM = pattern(r"(?:\*|(?P<a>[0-9a-z]+)(?:-(?P<b>[0-9a-z]+))?)(?:/(?P<step>[0-9]+))?")
_LAST_WEEKDAY = pattern(r"(?P<v>[0-9]|[a-z]{3})L")
_NTH_WEEKDAY = pattern(r"(?P<v>[0-9]|[a-z]{3})#(?P<nth>[1-5])")
_LONGEST_NUMBER = 9
# All sixty minutes, each written out, are 179 characters.
_LONGEST_FIELD = 400
_LONGEST_QUOTE = 40


class Field(NamedTuple):
    """One of the five fields: its number, its name and what it may hold."""

    number: int
    name: str
    low: int
    high: int
    span: int
    names: dict[str, int]


FIELDS = (
    Field(1, "minute", 0, 59, 60, {}),
    Field(2, "hour", 0, 23, 24, {}),
    Field(3, "day of month", 1, 31, 31, {}),
    Field(4, "month", 1, 12, 12, {name: n for n, name in enumerate(_MONTHS, 1)}),
    Field(5, "day of week", 0, 7, 7, {name: n for n, name in enumerate(_WEEKDAYS)}),
)
DAY_OF_MONTH, DAY_OF_WEEK = FIELDS[2], FIELDS[4]


class Item(NamedTuple):
    """One item between commas: its normal text, and its values when it is plain numbers."""

    text: str
    values: frozenset[int] | None


def normal_field(field: Field, text: str, offset: int) -> str:
    """Check one field and return its normal form."""
    if len(text) > _LONGEST_FIELD:
        raise _not_allowed(field, text, offset)
    items = [_item(field, text, part, offset) for part in text.split(",")]
    plain = [item.values for item in items if item.values is not None]
    if len(plain) == len(items):
        return join_values(frozenset[int]().union(*plain))
    return ",".join(item.text for item in items)


def join_values(values: Iterable[int]) -> str:
    """Write numbers sorted, with runs of three or more as `a-b`."""
    numbered = enumerate(sorted(set(values)))
    runs = [[v for _, v in run] for _, run in groupby(numbered, lambda pair: pair[1] - pair[0])]
    return ",".join(_run(run) for run in runs)


def field_values(text: str) -> frozenset[int]:
    """Return the numbers of a normal field without `*`, `/`, `L` and `#`."""
    ends = [tuple(map(int, part.split("-"))) for part in text.split(",")]
    return frozenset(v for end in ends for v in range(end[0], end[-1] + 1))


def _run(run: Sequence[int]) -> str:
    return f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run))


def _item(field: Field, whole: str, part: str, offset: int) -> Item:
    if special := _special(field, part):
        return Item(special, None)
    found = _ITEM.fullmatch(part)
    if not found or (found["a"] and found["step"] and not found["b"]):
        raise _not_allowed(field, part or whole, offset)
    step = _step(field, found["step"], offset)
    if not found["a"]:
        return Item("*" + step, None)
    low = _value(field, found["a"], offset)
    high = _value(field, found["b"] or found["a"], offset)
    if high < low:
        raise LanguageFault("E323", offset, a=found["a"], b=found["b"])
    # A range of one number is that number: cronsim would count on from it to the field's end.
    if step and low < high:
        return Item(f"{low}-{high}{step}", None)
    values = frozenset(_sunday_is_0(field, v) for v in range(low, high + 1))
    return Item(join_values(values), values)


def _special(field: Field, part: str) -> str | None:
    if field is DAY_OF_MONTH and part.lower() == "l":
        return "L"
    found = _LAST_WEEKDAY.fullmatch(part) or _NTH_WEEKDAY.fullmatch(part)
    if field is not DAY_OF_WEEK or not found:
        return None
    day = _known_value(field, found["v"])
    if day is None:
        return None
    nth = found.groupdict().get("nth")
    return f"{_sunday_is_0(field, day)}" + (f"#{nth}" if nth else "L")


def _step(field: Field, digits: str | None, offset: int) -> str:
    if digits is None:
        return ""
    step = int(digits) if len(digits) <= _LONGEST_NUMBER else 0
    if not 1 <= step <= field.span:
        raise LanguageFault("E322", offset, s=digits[:_LONGEST_QUOTE], field=field.name)
    return f"/{step}"


def _value(field: Field, text: str, offset: int) -> int:
    value = _known_value(field, text)
    if value is None:
        raise _not_allowed(field, text, offset)
    return value


def _known_value(field: Field, text: str) -> int | None:
    if not text.isdigit():
        return field.names.get(text.lower())
    value = int(text) if len(text) <= _LONGEST_NUMBER else -1
    return value if field.low <= value <= field.high else None


def _sunday_is_0(field: Field, value: int) -> int:
    return value % 7 if field is DAY_OF_WEEK else value


def _not_allowed(field: Field, text: str, offset: int) -> LanguageFault:
    names = {"n": field.number, "field": field.name, "x": text[:_LONGEST_QUOTE]}
    return LanguageFault("E321", offset, **names)
