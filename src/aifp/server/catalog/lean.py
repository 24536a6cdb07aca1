"""Make JSON Schemas short: no titles, no model docstrings, plain optional values."""

from typing import cast

from pydantic import JsonValue

from aifp.schemas.common import JsonMap

_NULL: JsonValue = {"type": "null"}
# What pydantic writes for "any JSON value".
_ANYTHING: JsonValue = "#/$defs/JsonValue"
_DROPPED = frozenset({"title", "discriminator"})
_NAMED = frozenset({"properties", "$defs", "patternProperties"})


def lean(schema: JsonMap, *, keep_null: bool = False) -> JsonMap:
    """Return the same schema in fewer words.

    An argument that may be null may as well be left out, so null goes; in an answer it stays.
    """
    return cast("JsonMap", _lean(schema, keep=keep_null))


def open_ended(schema: JsonMap) -> JsonMap:
    """Allow further keys everywhere: answers may carry `warnings` and `note`."""
    return cast("JsonMap", _opened(schema))


def unfolded_once(schema: JsonMap) -> JsonMap:
    """Return a schema whose inner records are named and not told: enough for a private helper."""
    known = cast("dict[str, JsonMap]", schema.get("$defs", {}))
    rest = {key: value for key, value in schema.items() if key != "$defs"}
    return cast("JsonMap", _named(rest, known))


def _named(node: JsonValue, known: dict[str, JsonMap]) -> JsonValue:
    if isinstance(node, list):
        return [_named(item, known) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" not in node:
        return {key: _named(value, known) for key, value in node.items()}
    name = str(node["$ref"]).rpartition("/")[2]
    kind = known.get(name, {}).get("type")
    return {"title": name, **({"type": kind} if kind else {})}


def _lean(node: JsonValue, *, keep: bool) -> JsonValue:
    if isinstance(node, list):
        return [_lean(item, keep=keep) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("$ref") == _ANYTHING:
        node = {key: value for key, value in node.items() if key != "$ref"}
    short = {
        key: _lean_named(key, value, keep=keep) if key in _NAMED else _lean(value, keep=keep)
        for key, value in node.items()
        if key not in _DROPPED and not (key == "default" and value is None)
    }
    kept = {key: value for key, value in short.items() if key != "$defs" or value}
    if kept.get("additionalProperties") == {}:
        kept["additionalProperties"] = True
    return _shorter_null(kept) if keep else _without_null(kept)


def _lean_named(key: str, value: JsonValue, *, keep: bool) -> JsonValue:
    schemas = cast("dict[str, dict[str, JsonValue]]", value)
    kept = {
        name: {k: v for k, v in schema.items() if k != "description" or key != "$defs"}
        for name, schema in schemas.items()
        if not (key == "$defs" and name == "JsonValue")
    }
    return {name: _lean(schema, keep=keep) for name, schema in kept.items()}


def _shorter_null(node: dict[str, JsonValue]) -> JsonValue:
    """Turn anyOf [a plain type, null] into a list of two types."""
    match node:
        case {"anyOf": [{"type": str(kind)} as arm, {"type": "null"}]} if "enum" not in arm:
            others = {key: value for key, value in node.items() if key != "anyOf"}
            return {**arm, **others, "type": [kind, "null"]}
        case _:
            return node


def _without_null(node: dict[str, JsonValue]) -> JsonValue:
    """Turn anyOf [X, null] into X: the value may simply be left out."""
    arms = node.get("anyOf")
    if not isinstance(arms, list) or _NULL not in arms:
        return node
    rest = [arm for arm in arms if arm != _NULL]
    others = {key: value for key, value in node.items() if key != "anyOf"}
    if len(rest) == 1 and isinstance(rest[0], dict):
        return {**rest[0], **others}
    return {**others, "anyOf": rest}


def _opened(node: JsonValue) -> JsonValue:
    if isinstance(node, list):
        return [_opened(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _opened(value)
        for key, value in node.items()
        if not (key == "additionalProperties" and value is False)
    }
