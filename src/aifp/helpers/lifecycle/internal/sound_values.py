"""What a tool says of itself must have a form in JSON, in UTF-8 and in the record."""

import math
from typing import cast

# Readers of JSON, and checkers of schemas, call themselves for each level.
DEEPEST = 64
# What every reader of JSON takes, and what can be hashed in one form (RFC 8785).
LARGEST = 2**53 - 1


def fault_of(value: object, depth: int = 0) -> str | None:
    """Return why a value cannot be stored or told to others, or None."""
    if depth > DEEPEST:
        return f"values that lie more than {DEEPEST} deep in one another"
    match value:
        case str():
            return _fault_of_text(value)
        case int() | float():
            return _fault_of_number(value)
        case list() | dict():
            return _fault_of_parts(cast("list[object] | dict[str, object]", value), depth)
        case _:
            return None


def _fault_of_text(text: str) -> str | None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "text with half a character (a lone surrogate)"
    return None


def _fault_of_number(number: float) -> str | None:
    if isinstance(number, int):
        return "a whole number beyond 2^53" if abs(number) > LARGEST else None
    return None if math.isfinite(number) else "a number that JSON does not have"


def _fault_of_parts(value: list[object] | dict[str, object], depth: int) -> str | None:
    parts = (*value, *value.values()) if isinstance(value, dict) else value
    faults = (fault_of(part, depth + 1) for part in parts)
    return next((fault for fault in faults if fault is not None), None)
