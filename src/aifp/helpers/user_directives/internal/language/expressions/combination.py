"""Conditions written as lists and maps: all, any, none, not."""

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.expressions.cursor import (
    MAX_NESTING,
    MAX_NODES,
)
from aifp.helpers.user_directives.internal.language.expressions.parser import (
    parse_expression,
    walk,
)
from aifp.helpers.user_directives.internal.language.expressions.tokens import MAX_CHARACTERS
from aifp.helpers.user_directives.internal.language.expressions.tree import (
    Expr,
    Not,
    Truth,
    both,
    either,
)
from aifp.helpers.user_directives.internal.language.expressions.writer import write_expression
from aifp.helpers.user_directives.internal.language.faults import LanguageFault


def read_condition(value: JsonValue) -> Expr:
    """Read a condition as text, list (and) or map (all, any, none, not).

    A fault's `path` name is the JSON pointer of the part inside the value, "" for the value itself.
    """
    expression = _read(value, "", 0)
    if sum(1 for _ in walk(expression)) > MAX_NODES:
        raise LanguageFault("E404", path="")
    written = len(write_expression(expression))
    if written > MAX_CHARACTERS:
        raise LanguageFault("E401", n=written, path="")
    return expression


def condition_text(value: JsonValue) -> str:
    """Return the normal form of a condition written in any way."""
    return write_expression(read_condition(value))


def _read(value: JsonValue, path: str, depth: int) -> Expr:
    if depth > MAX_NESTING:
        raise LanguageFault("E404", path=path)
    match value:
        case bool():
            return Truth(value)
        case str():
            return _text(value, path)
        case list():
            return both(*_parts(value, path, depth))
        case dict() if len(value) == 1:
            [(key, inner)] = value.items()
            return _combined(key, inner, f"{path}/{key}", depth)
        case _:
            raise _not_a_condition(value, path)


def _text(text: str, path: str) -> Expr:
    try:
        return parse_expression(text)
    except LanguageFault as fault:
        names = {"path": path, **fault.names}
        raise LanguageFault(fault.code, fault.offset, **names) from fault


def _combined(key: str, inner: JsonValue, path: str, depth: int) -> Expr:
    match key:
        case "all":
            return both(*_parts(inner, path, depth))
        case "any":
            return either(*_parts(inner, path, depth))
        case "none":
            return Not(either(*_parts(inner, path, depth)))
        case "not":
            return Not(_read(inner, path, depth + 1))
        case _:
            raise LanguageFault("E201", k=key, nearest="all, any, none or not", path=path)


def _parts(value: JsonValue, path: str, depth: int) -> list[Expr]:
    if not isinstance(value, list) or not value:
        raise _not_a_condition(value, path)
    return [_read(part, f"{path}/{i}", depth + 1) for i, part in enumerate(value)]


def _not_a_condition(value: JsonValue, path: str) -> LanguageFault:
    return LanguageFault("E203", k="if", type="a condition", found=kind_of(value), path=path)


def kind_of(value: JsonValue) -> str:
    """Return what people call this kind of value."""
    names: dict[type, str] = {
        type(None): "nothing",
        bool: "boolean",
        int: "number",
        float: "number",
        str: "text",
        list: "list",
    }
    return names.get(type(value), "map")
