"""Starts by entities: a changed state, or a number that crosses into a range."""

from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor
from aifp.helpers.user_directives.internal.language.grammar.durations import need_duration
from aifp.helpers.user_directives.internal.language.grammar.words import (
    need_number,
    need_refs,
    need_words,
)
from aifp.schemas.starts import StateStart, Text, ValueStart


def take_entity_start(cursor: Cursor) -> StateStart | ValueStart | None:
    """Take a `state` or `value` start, if one stands here."""
    match cursor.keyword("state", "value"):
        case "state":
            return _state(cursor)
        case "value":
            return _value(cursor)
        case _:
            return None


def _state(cursor: Cursor) -> StateStart:
    refs = need_refs(cursor)
    return StateStart(
        kind="state",
        entity=refs.entities,
        attribute=refs.attribute,
        from_=_values_after(cursor, "from"),
        to=_values_after(cursor, "to"),
        not_from=_values_after(cursor, "not from"),
        not_to=_values_after(cursor, "not to"),
        for_ms=_held(cursor),
    )


def _value(cursor: Cursor) -> ValueStart:
    refs = need_refs(cursor)
    above = need_number(cursor) if cursor.keyword("above") else None
    below = need_number(cursor) if cursor.keyword("below") else None
    if above is None and below is None:
        raise cursor.fault("E330")
    return ValueStart(
        kind="value",
        entity=refs.entities,
        attribute=refs.attribute,
        above=above,
        below=below,
        for_ms=_held(cursor),
    )


def _values_after(cursor: Cursor, keyword: str) -> list[Text] | None:
    return [*need_words(cursor)] if cursor.keyword(keyword) else None


def _held(cursor: Cursor) -> int:
    return need_duration(cursor) if cursor.keyword("for") else 0
