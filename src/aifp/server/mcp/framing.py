"""One line from a client, strictly read: a JSON-RPC message or the exact reason why not."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from mcp_types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)
from pydantic import ValidationError

MAX_DEPTH = 100
# Longer than any 64-bit integer; SQLite and most clients cannot hold more.
MAX_DIGITS = 20
MAX_ID_LENGTH = 256


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a line is not a message; `id` is null when it could not be told."""

    code: int
    reason: str
    id: RequestId | None = None
    answered: bool = True  # a broken response cannot be answered, only counted and logged


class _NotStrict(ValueError):
    """Valid for Python's json, but not for us."""


def read_message(line: bytes) -> JSONRPCMessage | Refused:
    """Read one line without its line end."""
    try:
        value = _parse(line)
    except _NotStrict as fault:
        return Refused(INVALID_REQUEST, str(fault))
    except (ValueError, RecursionError) as fault:
        return Refused(PARSE_ERROR, f"not JSON: {fault}")
    if isinstance(value, list):
        return Refused(INVALID_REQUEST, "batches are not part of MCP; send one message a line")
    if not isinstance(value, dict):
        return Refused(INVALID_REQUEST, "a message is a JSON object")
    return _message(cast("dict[str, Any]", value), line)


def _parse(line: bytes) -> object:
    return json.loads(
        line.decode("utf-8"),
        object_pairs_hook=_unique,
        parse_constant=_no_constant,
        parse_float=_finite,
        parse_int=_short_integer,
    )


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotStrict("the same key stands twice in one object")
    return found


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _NotStrict("a number is too large")
    return number


def _short_integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _NotStrict(f"an integer has more than {MAX_DIGITS} digits")
    return int(text)


def _message(value: dict[str, Any], line: bytes) -> JSONRPCMessage | Refused:
    message_id = value.get("id")
    if "id" in value and not _is_id(message_id):
        return Refused(INVALID_REQUEST, "id must be a text or an integer")
    if fault := _shape_fault(value, line):
        return Refused(INVALID_REQUEST, fault, message_id)
    if "method" not in value:
        return _response(value)
    method, params = value["method"], value.get("params")
    if "id" in value:
        return JSONRPCRequest(jsonrpc="2.0", id=value["id"], method=method, params=params)
    return JSONRPCNotification(jsonrpc="2.0", method=method, params=params)


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_ID_LENGTH and _encodable(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _shape_fault(value: Mapping[str, Any], line: bytes) -> str | None:
    if value.get("jsonrpc") != "2.0":
        return 'jsonrpc must be "2.0"'
    if "method" in value and not isinstance(value["method"], str):
        return "method must be a text"
    if not isinstance(value.get("params"), dict | None):
        return "params must be an object"
    if _deeper_than(value, MAX_DEPTH, line):
        return f"nested deeper than {MAX_DEPTH}"
    if b"\\u" in line and not _encodable(value):
        return "a text holds half a surrogate pair"
    return None


def _response(value: Mapping[str, Any]) -> JSONRPCMessage | Refused:
    shape = JSONRPCError if "error" in value else JSONRPCResponse
    try:
        return shape.model_validate(value)
    except ValidationError:
        about = "neither a request nor a valid response"
        is_response = "result" in value or "error" in value
        return Refused(INVALID_REQUEST, about, value.get("id"), answered=not is_response)


def _deeper_than(value: object, limit: int, line: bytes) -> bool:
    if line.count(b"[") + line.count(b"{") <= limit:
        return False
    level: list[object] = [value]
    for _ in range(limit):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: object) -> list[object]:
    if isinstance(node, dict):
        node = list(cast("dict[str, object]", node).values())
    if not isinstance(node, list):
        return []
    return [child for child in cast("list[object]", node) if isinstance(child, dict | list)]


def _encodable(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
