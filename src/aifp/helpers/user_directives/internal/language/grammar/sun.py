"""Sunrise and sunset with an offset: `sunset - 20m`, `1h before sunrise`."""

from typing import Literal

from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor, pattern
from aifp.helpers.user_directives.internal.language.grammar.durations import (
    HOUR,
    need_duration,
    take_duration,
)
from aifp.schemas.starts import SunStart

_SIGN = pattern(r"[+-]")
_STARTS_DURATION = pattern(r"(?:[0-9.]+|[a-z]+)\s*[a-z]+")
_FARTHEST = 12 * HOUR


def take_sun(cursor: Cursor) -> SunStart | None:
    """Take a sun time if one stands here; offsets go up to 12 hours."""
    if event := _take_event(cursor):
        return SunStart(kind="sun", event=event, offset_ms=_take_offset(cursor))
    start = cursor.skip()
    offset = take_duration(cursor) if cursor.peek(_STARTS_DURATION) else None
    side = cursor.keyword("before", "after") if offset else None
    event = _take_event(cursor) if side else None
    if not event or not offset:
        cursor.pos = start
        return None
    if offset > _FARTHEST:
        raise Cursor(cursor.text, start).fault("E311", lo="0s", hi="12h")
    return SunStart(kind="sun", event=event, offset_ms=offset if side == "after" else -offset)


def _take_event(cursor: Cursor) -> Literal["sunrise", "sunset"] | None:
    if cursor.keyword("sunrise"):
        return "sunrise"
    return "sunset" if cursor.keyword("sunset") else None


def _take_offset(cursor: Cursor) -> int:
    sign = cursor.take(_SIGN)
    if not sign:
        return 0
    return need_duration(cursor, 0, _FARTHEST) * (-1 if sign[0] == "-" else 1)
