"""Words, quoted texts, references and expressions inside a start text."""

import re
from typing import NamedTuple

from aifp.helpers.user_directives.internal.language.expressions import (
    parse_expression,
    write_expression,
)
from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor, pattern

IDENT = r"[A-Za-z_][A-Za-z0-9_]*"
_IDENT = pattern(IDENT)
_QUOTED = pattern(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'')
_ESCAPE = pattern(r"\\(.)")
_WORD = pattern(r"[^\s,\"']+")
# Paths and topics may hold commas; only a space or a quote ends them.
_PATH = pattern(r"[^\s\"']+")
_COMMA = pattern(",")
# No keyword flags here: entity ids are lower case.
_REF = pattern(rf"(?-i:([a-z_][a-z0-9_]*\.[a-z0-9_]+))(?:\.({IDENT}))?(?![A-Za-z0-9_.])")
_NAME = pattern(r"(?-i:[a-z][a-z0-9_-]*)(?![A-Za-z0-9_.])")
_AS_AT_END = pattern(rf"\s+as\s+{IDENT}\s*$")
_NUMBER = pattern(r"[+-]?[0-9]+(?:\.[0-9]+)?(?![A-Za-z0-9_.])")
_LARGEST_INTEGER = 2**53 - 1


class Refs(NamedTuple):
    """Entities, and the attribute of them all when one is named."""

    entities: list[str]
    attribute: str | None


def take_word(cursor: Cursor) -> str | None:
    """Take a word or a quoted text if one stands here."""
    return _take(cursor, _WORD)


def need_word(cursor: Cursor) -> str:
    """Take the word or quoted text that must stand here."""
    return _need(cursor, take_word(cursor))


def need_path(cursor: Cursor) -> str:
    """Take the path, topic or pattern that must stand here; it may hold commas."""
    return _need(cursor, _take(cursor, _PATH))


def need_words(cursor: Cursor) -> list[str]:
    """Take the words that must stand here, with commas between."""
    found = [need_word(cursor)]
    while cursor.take(_COMMA):
        found.append(need_word(cursor))
    return found


def need_name(cursor: Cursor) -> str:
    """Take the directive name that must stand here."""
    found = cursor.take(_NAME)
    return _need(cursor, found[0] if found else None)


def need_refs(cursor: Cursor) -> Refs:
    """Take the entity references that must stand here; they share one attribute."""
    found = [_need_ref(cursor)]
    while cursor.take(_COMMA):
        start = cursor.skip()
        found.append(_need_ref(cursor))
        if found[-1][1] != found[0][1]:
            raise Cursor(cursor.text, start).fault("E330")
    return Refs([entity for entity, _ in found], found[0][1])


def need_number(cursor: Cursor) -> int | float:
    """Take the finite number that must stand here."""
    start = cursor.skip()
    found = cursor.take(_NUMBER)
    number = float(found[0]) if found else None
    if not found or number is None or abs(number) > _LARGEST_INTEGER:
        raise Cursor(cursor.text, start).fault("E330")
    return int(number) if number.is_integer() else number


def take_as(cursor: Cursor) -> str | None:
    """Take the name after `as`, if it stands here."""
    if not cursor.keyword("as"):
        return None
    found = cursor.take(_IDENT)
    return _need(cursor, found[0] if found else None)


def need_expression(cursor: Cursor) -> str:
    """Take all that is left, but for `as NAME` at its end, as a condition in normal form."""
    start = cursor.skip()
    named = _AS_AT_END.search(cursor.text, start)
    end = named.start() if named else len(cursor.text)
    cursor.pos = end
    try:
        return write_expression(parse_expression(cursor.text[start:end]))
    except LanguageFault as fault:
        raise LanguageFault(fault.code, fault.offset + start, **fault.names) from fault


def _take(cursor: Cursor, bare: re.Pattern[str]) -> str | None:
    if quoted := cursor.take(_QUOTED):
        return _ESCAPE.sub(r"\1", quoted[1] if quoted[1] is not None else quoted[2])
    found = cursor.take(bare)
    return found[0] if found else None


def _need(cursor: Cursor, found: str | None) -> str:
    if found is None:
        raise cursor.fault("E330")
    return found


def _need_ref(cursor: Cursor) -> tuple[str, str | None]:
    found = cursor.take(_REF)
    if not found:
        raise cursor.fault("E331")
    return found[1], found[2]
