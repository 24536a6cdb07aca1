"""The values of a condition, and how two of them compare."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import Enum
from typing import Literal, TypeGuard

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.expressions.tree import CompareOp, TextOp


class Unknown(Enum):
    """What cannot be said: unavailable, not there, or not comparable."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True, order=True)
class DayOfYear:
    """A day of any year."""

    month: int
    day: int


Value = JsonValue | time | date | DayOfYear | Literal[Unknown.UNKNOWN]
Verdict3 = bool | Literal[Unknown.UNKNOWN]

_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_LONGEST_NUMBER = 400
_ORDERS: dict[CompareOp, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def is_number(value: Value) -> TypeGuard[int | float]:
    """Say whether a value is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_number(value: Value) -> int | float | None:
    """Return a number, or what a text that looks like one says."""
    if is_number(value):
        return value if math.isfinite(value) else None
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER:
        return None
    if not _NUMBER.fullmatch(value):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def order_of(left: Value, right: Value) -> tuple[float, float] | None:
    """Return two numbers that stand in the order of the values, or None: no order."""
    if is_number(left) or is_number(right):
        a, b = as_number(left), as_number(right)
        return None if a is None or b is None else (a, b)
    if isinstance(left, time) and isinstance(right, time):
        return seconds_of(left), seconds_of(right)
    return _dates(left, right)


def _dates(left: Value, right: Value) -> tuple[float, float] | None:
    if isinstance(left, date) and isinstance(right, date):
        return left.toordinal(), right.toordinal()
    if isinstance(left, date | DayOfYear) and isinstance(right, date | DayOfYear):
        return _in_year(left), _in_year(right)
    return None


def seconds_of(moment: time) -> int:
    """Return the seconds since midnight."""
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def compare(op: CompareOp, left: Value, right: Value) -> Verdict3:
    """Compare two values; what has no order is unknown."""
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    if op == "==":
        return equal(left, right)
    if op == "!=":
        return not equal(left, right)
    order = order_of(left, right)
    return UNKNOWN if order is None else _ORDERS[op](*order)


def equal(left: Value, right: Value) -> bool:
    """Say whether two known values are the same."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    order = order_of(left, right)
    if order is not None:
        return order[0] == order[1]
    return type(left) is type(right) and left == right


def member(item: Value, options: Sequence[Value]) -> Verdict3:
    """Say whether the item equals one of the options."""
    found = [compare("==", item, option) for option in options]
    if True in found:
        return True
    return UNKNOWN if UNKNOWN in found else False


def between(value: Value, low: Value, high: Value) -> Verdict3:
    """Say whether a value is inside; times leave out the end and wrap, days of the year wrap."""
    if isinstance(value, time) and isinstance(low, time) and isinstance(high, time):
        return _in_window(seconds_of(value), seconds_of(low), seconds_of(high))
    if isinstance(low, DayOfYear) and isinstance(high, DayOfYear):
        return _in_season(value, low, high)
    above, below = compare(">=", value, low), compare("<=", value, high)
    if above is False or below is False:
        return False
    return UNKNOWN if UNKNOWN in {above, below} else True


def _in_window(now: int, low: int, high: int) -> bool:
    return low <= now < high if low < high else now >= low or now < high


def _in_season(value: Value, low: DayOfYear, high: DayOfYear) -> Verdict3:
    if not isinstance(value, date | DayOfYear):
        return UNKNOWN
    day, first, last = _in_year(value), _in_year(low), _in_year(high)
    return first <= day <= last if first <= last else day >= first or day <= last


def _in_year(day: date | DayOfYear) -> int:
    return day.month * 100 + day.day


def text_test(op: TextOp, value: Value, part: Value) -> Verdict3:
    """Look for a part of a text, or for a member of a list."""
    if isinstance(value, list) and op == "contains":
        return member(part, value)
    if not isinstance(value, str) or not isinstance(part, str):
        return UNKNOWN
    match op:
        case "contains":
            return part in value
        case "starts with":
            return value.startswith(part)
        case "ends with":
            return value.endswith(part)
        case "matches":
            return wildcard(value, part)


def wildcard(text: str, pattern: str) -> bool:
    """Match a whole text with `*` and `?`; the work grows with the product of the lengths only."""
    at = star = 0
    anchor = -1
    spot = 0
    while at < len(text):
        if spot < len(pattern) and pattern[spot] == "*":
            anchor, star, spot = spot, at, spot + 1
        elif spot < len(pattern) and pattern[spot] in {"?", text[at]}:
            at, spot = at + 1, spot + 1
        elif anchor < 0:
            return False
        else:
            star, spot = star + 1, anchor + 1
            at = star
    return not pattern[spot:].strip("*")
