"""What a helper returns, as it travels: wrapped, cut to size, marked when it failed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from mcp_types import CallToolResult, TextContent
from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from aifp.schemas.catalog import ArgumentFault, HelperEntry
from aifp.schemas.common import Failure, JsonMap, Listed

MAX_ITEMS = 500
MAX_BYTES = 100_000
# Room for the structure around what is cut.
_SLACK = 2_000
_SHORTEST = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of one call and whether it failed."""

    data: JsonMap
    is_error: bool = False


def answer_of(result: object) -> Answer:
    """Turn what a helper returned into its wire form."""
    if isinstance(result, list | tuple):
        items = cast("Sequence[object]", result)
        return answer_of(Listed[object](result=list(items), total=len(items)))
    if isinstance(result, Listed):
        listed = cast("Listed[object]", result)
        return Answer(_listed(listed), is_error=listed.refused)
    plain = _plain(result)
    data: JsonMap = plain if isinstance(plain, dict) else {"result": plain}
    data = fitting(data)
    return Answer(data, is_error=data.get("success") is False and "error_code" in data)


def wrong_values(entry: HelperEntry, faults: Sequence[ArgumentFault]) -> Answer:
    """Answer a call whose values are not allowed: the empty structure and the warnings (D64)."""
    properties = cast("dict[str, Any]", entry.output_schema.get("properties", {}))
    warnings: list[JsonValue] = [f"{fault.path}: {fault.message}" for fault in faults]
    if "truncated" in properties and "result" in properties:
        empty: JsonMap = {"result": [], "count": 0, "total": 0, "truncated": False}
        return Answer({**empty, "warnings": warnings}, is_error=True)
    if entry.effect == "reads" and _may_be_absent(entry):
        return Answer({"found": False, "warnings": warnings}, is_error=True)
    if entry.effect == "reads" and (hollow := _hollow(properties)):
        return Answer({**hollow, "warnings": warnings}, is_error=True)
    return wrong_arguments(faults)


def wrong_arguments(faults: Sequence[ArgumentFault]) -> Answer:
    """Answer a call whose arguments cannot be taken, with every fault and its path."""
    text = "; ".join(f"{fault.path}: {fault.message}" for fault in faults)
    details: JsonMap = {"faults": [fault.model_dump(mode="json") for fault in faults]}
    return failed(f"Wrong arguments. {text}", "invalid_argument", details)


def failed(error: str, code: str, details: JsonMap | None = None) -> Answer:
    """Answer with a refusal."""
    failure = Failure(error=error, error_code=code, details=details or {})
    return Answer(failure.model_dump(mode="json"), is_error=True)


def to_wire(answer: Answer) -> CallToolResult:
    """Return the MCP result: the structure and the same compact JSON as text."""
    text = _compact(answer.data)
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=answer.data,
        is_error=answer.is_error,
    )


def _plain(value: object) -> JsonValue:
    """Return plain JSON; half surrogate pairs become question marks."""
    data = to_jsonable_python(value, by_alias=True, inf_nan_mode="null")
    try:
        _compact(data).encode("utf-8")
    except UnicodeEncodeError:
        clean = _compact(data).encode("utf-8", "replace").decode("utf-8")
        return cast("JsonValue", json.loads(clean))
    return cast("JsonValue", data)


def _listed(listed: Listed[object]) -> JsonMap:
    shown = [_cut(_plain(item), MAX_BYTES // 4) for item in listed.result[:MAX_ITEMS]]
    sizes = [_size(item) + 1 for item in shown]
    while sum(sizes) > MAX_BYTES - _SLACK:
        sizes.pop()
        shown.pop()
    truncated = listed.before + len(shown) < listed.total
    data: JsonMap = {"result": shown, "count": len(shown), "total": listed.total}
    data["truncated"] = truncated
    if truncated:
        data["note"] = _part(len(shown), listed.total)
    if listed.warnings:
        data["warnings"] = list(listed.warnings)
    return data


def fitting(data: JsonMap, limit: int = MAX_BYTES) -> JsonMap:
    """Return a structure that takes at most `limit` bytes as compact JSON; a cut one says so."""
    if _size(data) <= limit:
        return data
    each = limit // 2
    while each > _SHORTEST:
        short = cast("JsonMap", _cut(data, each))
        if _size(short) <= limit - _SLACK:
            note = f"Long texts and lists were cut to {limit // 1000} kB."
            return {"note": note, **short, "truncated": True}
        each //= 2
    return failed(
        f"The answer is larger than {limit // 1000} kB; ask for less.", "limit_exceeded"
    ).data


def _cut(value: JsonValue, limit: int) -> JsonValue:
    """Shorten each text to `limit` bytes and each list to what fits into it."""
    match value:
        case str() if len(value.encode("utf-8")) > limit:
            kept = value.encode("utf-8")[:limit].decode("utf-8", "ignore")
            return f"{kept}... ({len(value)} characters)"
        case dict():
            return _recounted({key: _cut(item, limit) for key, item in value.items()})
        case list():
            return _cut_list(value, limit)
        case _:
            return value


def _cut_list(items: list[JsonValue], limit: int) -> JsonValue:
    kept: list[JsonValue] = []
    for item in items:
        short = _cut(item, limit)
        limit -= _size(short) + 1
        if limit < 0:
            break
        kept.append(short)
    return kept


def _recounted(data: JsonMap) -> JsonMap:
    """Let a list that was wrapped say how much of it is left after a cut."""
    shown, total = data.get("result"), data.get("total")
    if not isinstance(shown, list) or len(shown) == data.get("count") or total is None:
        return data
    return {**data, "count": len(shown), "truncated": True, "note": _part(len(shown), total)}


def _part(shown: int, total: JsonValue) -> str:
    return f"{shown} of {total}; ask for less at a time, or for the next."


def _hollow(properties: dict[str, Any]) -> JsonMap:
    """Return an answer that holds lists with nothing in them; {} for any other answer."""
    types = {name: schema.get("type") for name, schema in properties.items()}
    if "array" not in types.values() or None in types.values():
        return {}
    empty: JsonMap = {"array": [], "object": {}, "integer": 0, "string": "", "boolean": False}
    return {name: empty.get(str(kind)) for name, kind in types.items()}


def _may_be_absent(entry: HelperEntry) -> bool:
    return '"found"' in _compact(entry.output_schema)


def _size(value: object) -> int:
    return len(_compact(value).encode("utf-8"))


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
