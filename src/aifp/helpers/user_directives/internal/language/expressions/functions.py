"""The functions of conditions that need nothing but their arguments."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time

from aifp.helpers.user_directives.internal.language.expressions.values import (
    UNKNOWN,
    DayOfYear,
    Value,
    as_number,
    seconds_of,
)

_MOST_DIGITS = 15


def finite(number: int | float) -> Value:
    """Return a number unless it left the range of decimals."""
    return number if isinstance(number, int) or math.isfinite(number) else UNKNOWN


def _absolute(arguments: Sequence[Value]) -> Value:
    number = as_number(arguments[0])
    return UNKNOWN if number is None else abs(number)


def _numbers(arguments: Sequence[Value]) -> list[int | float] | None:
    one_list = arguments[0] if len(arguments) == 1 else None
    values = one_list if isinstance(one_list, list) else arguments
    numbers = [as_number(value) for value in values]
    known = [n for n in numbers if n is not None]
    return known if known and len(known) == len(numbers) else None


def _least(arguments: Sequence[Value]) -> Value:
    numbers = _numbers(arguments)
    return UNKNOWN if numbers is None else min(numbers)


def _most(arguments: Sequence[Value]) -> Value:
    numbers = _numbers(arguments)
    return UNKNOWN if numbers is None else max(numbers)


def _rounded(arguments: Sequence[Value]) -> Value:
    number = as_number(arguments[0])
    digits = as_number(arguments[1]) if len(arguments) > 1 else 0
    if number is None or digits is None or not 0 <= digits <= _MOST_DIGITS:
        return UNKNOWN
    result = round(number, int(digits))
    return int(result) if digits == 0 else result


def _length(arguments: Sequence[Value]) -> Value:
    value = arguments[0]
    return len(value) if isinstance(value, str | list | Mapping) else UNKNOWN


def _lower(arguments: Sequence[Value]) -> Value:
    value = arguments[0]
    return value.lower() if isinstance(value, str) else UNKNOWN


def _upper(arguments: Sequence[Value]) -> Value:
    value = arguments[0]
    return value.upper() if isinstance(value, str) else UNKNOWN


def _number(arguments: Sequence[Value]) -> Value:
    number = as_number(arguments[0])
    return UNKNOWN if number is None else number


def _text(arguments: Sequence[Value]) -> Value:
    value = arguments[0]
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case time():
            return value.strftime("%H:%M" if seconds_of(value) % 60 == 0 else "%H:%M:%S")
        case date():
            return value.isoformat()
        case DayOfYear():
            return f"{value.month:02d}-{value.day:02d}"
        case _:
            return UNKNOWN


PURE: Mapping[str, Callable[[Sequence[Value]], Value]] = {
    "abs": _absolute,
    "min": _least,
    "max": _most,
    "round": _rounded,
    "len": _length,
    "lower": _lower,
    "upper": _upper,
    "number": _number,
    "text": _text,
}
