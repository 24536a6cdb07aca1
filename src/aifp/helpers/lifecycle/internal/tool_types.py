"""Types of a tool's parameters: what stands in the source, as JSON Schema."""

import ast
from collections.abc import Sequence

from pydantic import JsonValue

from aifp.schemas.common import JsonMap

PLAIN: dict[str, JsonMap] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "None": {"type": "null"},
    "list": {"type": "array"},
    "List": {"type": "array"},
    "dict": {"type": "object"},
    "Dict": {"type": "object"},
    "Any": {},
}
KNOWN = "str, int, float, bool, None, list[X], dict[str, X], Any, X | None and Literal"
LITERALS = str | int | float | bool | None


class UnknownType(Exception):
    """A type that has no form in JSON, and where it stands."""

    def __init__(self, node: ast.expr) -> None:
        super().__init__(f"the type {ast.unparse(node)} has no form in JSON; use {KNOWN}")
        self.line = node.lineno


def schema_of_type(node: ast.expr) -> JsonMap:
    """Return the JSON Schema of a type as it is written; raises UnknownType."""
    match node:
        case ast.Constant(value=None):
            return PLAIN["None"]
        case ast.Constant(value=str(text)):
            return schema_of_type(_quoted(text, node))
        case ast.BinOp(op=ast.BitOr()):
            return _any_of([schema_of_type(part) for part in _alternatives(node)])
        case ast.Subscript(value=outer, slice=inner):
            return _of_generic(node, _last_name(outer), inner)
        case _ if (name := _last_name(node)) in PLAIN:
            return PLAIN[name]
        case _:
            raise UnknownType(node)


def _quoted(text: str, node: ast.expr) -> ast.expr:
    """Return a type that is written as text, at the place where the text stands."""
    try:
        inner = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        raise UnknownType(node) from None
    for part in ast.walk(inner):
        ast.copy_location(part, node)
    return inner


def _alternatives(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_alternatives(node.left), *_alternatives(node.right)]
    return [node]


def _of_generic(node: ast.expr, name: str, inner: ast.expr) -> JsonMap:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    match name, parts:
        case "list" | "List", [item]:
            return {"type": "array", "items": schema_of_type(item)}
        case "dict" | "Dict", [key, value] if _last_name(key) == "str":
            return {"type": "object", "additionalProperties": schema_of_type(value)}
        case "Optional", [item]:
            return _any_of([schema_of_type(item), PLAIN["None"]])
        case "Union", [_, *_]:
            return _any_of([schema_of_type(part) for part in parts])
        case "Literal", [_, *_]:
            return _of_literal(node, parts)
        case _:
            raise UnknownType(node)


def _of_literal(node: ast.expr, parts: Sequence[ast.expr]) -> JsonMap:
    values: list[JsonValue] = []
    for part in parts:
        try:
            value: object = ast.literal_eval(part)
        except (ValueError, TypeError):
            raise UnknownType(node) from None
        if not isinstance(value, LITERALS):
            raise UnknownType(node)
        values.append(value)
    if all(isinstance(value, str) for value in values):
        return {"type": "string", "enum": values}
    return {"enum": values}


def _any_of(schemas: list[JsonMap]) -> JsonMap:
    """Return what fits any of some schemas; one that fits everything makes it fit everything."""
    if {} in schemas:
        return {}
    unique: list[JsonValue] = []
    for schema in schemas:
        inner = schema.get("anyOf")
        for part in inner if isinstance(inner, list) else [schema]:
            if part not in unique:
                unique.append(part)
    return schemas[0] if len(unique) == 1 else {"anyOf": unique}


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Constant(value=str(text)):
            return text
        case _:
            return ""
