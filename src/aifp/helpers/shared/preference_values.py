"""Values of preferences: which are allowed, in one form; anything else is refused."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from pydantic import JsonValue

from aifp.schemas.canonical import Limit
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.words import CatchUp, Overlap, PreferenceKey

KEYS: tuple[PreferenceKey, ...] = get_args(PreferenceKey)
# A day; what works longer is no run but a service.
LONGEST_S = 86_400
MOST_AT_ONCE = 10_000
RATE = re.compile(r"\s*(\d{1,9})\s*(?:/|per)\s*(minute|hour|day)s?\s*", re.IGNORECASE)
UNIT_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a key takes, in words, and how a value is told from another."""

    takes: str
    fits: Callable[[JsonValue], bool]


def _is_seconds(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= LONGEST_S


def _is_count(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_AT_ONCE


def _is_rate(value: JsonValue) -> bool:
    return isinstance(value, str) and limit_of(value) is not None


def _is_flag(value: JsonValue) -> bool:
    return isinstance(value, bool)


def _one_of(words: tuple[str, ...]) -> Kind:
    return Kind(f"one of {', '.join(words)}", lambda value: value in words)


FLAG = Kind("true or false", _is_flag)
KINDS: dict[PreferenceKey, Kind] = {
    "execution.timeout_s": Kind(f"seconds above 0, at most {LONGEST_S}", _is_seconds),
    "execution.max_concurrency": Kind("a whole number from 1", _is_count),
    "execution.rate_limit": Kind("runs per minute, hour or day, such as 6/hour", _is_rate),
    "execution.catch_up": _one_of(get_args(CatchUp)),
    "execution.overlap": _one_of(get_args(Overlap)),
    "approval.each_run": FLAG,
    "logging.execution_tracking": FLAG,
}


def is_value(key: PreferenceKey, value: JsonValue) -> bool:
    """Say whether a key takes a value."""
    return KINDS[key].fits(value)


def require_key(key: str) -> PreferenceKey:
    """Return a key that is known; refuse any other with those that are."""
    for known in KEYS:
        if key == known:
            return known
    raise InvalidArgument(f"There is no preference {key!r}. Known: {', '.join(KEYS)}.")


def require_value(key: PreferenceKey, value: JsonValue) -> None:
    """Refuse a value that a key does not take."""
    if not is_value(key, value):
        raise InvalidArgument(
            f"{key} takes {KINDS[key].takes}, not {value!r}; null takes it back. "
            f"Known keys: {', '.join(KEYS)}."
        )


def limit_of(text: str) -> Limit | None:
    """Read `6/hour`; None for anything else."""
    found = RATE.fullmatch(text)
    if found is None or int(found[1]) < 1:
        return None
    return Limit(runs=int(found[1]), per_ms=UNIT_MS[found[2].lower()])


def rate_of(limit: Limit) -> str:
    """Write a limit as people read it."""
    unit = next((name for name, ms in UNIT_MS.items() if ms == limit.per_ms), None)
    return f"{limit.runs}/{unit}" if unit else f"{limit.runs} per {limit.per_ms // 1000} s"
