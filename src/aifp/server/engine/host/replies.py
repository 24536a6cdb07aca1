"""What a call makes of a reply: its status, its content, the value it picks."""

import json
import math
import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument
from aifp.server.adapters.http import Reply
from aifp.server.engine.host.faults import BadReply, HttpStatus

JSON_TYPE = re.compile(r"application/(?:[\w.-]+\+)?json\b")
DEEPEST = 100
STATUS = re.compile(r"[1-5][0-9x]{2}")
PLACE = re.compile(r"\[(\d+)\]")


def check_status(reply: Reply, expect: Sequence[str | int], host: str, now: datetime) -> None:
    """Raise HttpStatus unless the status is one that was expected."""
    if not any(_fits(reply.status, str(pattern)) for pattern in expect):
        after = retry_after_ms(reply.headers.get("retry-after"), now)
        wanted = ", ".join(str(pattern) for pattern in expect)
        text = f"{host} answered {reply.status}; expected {wanted}."
        raise HttpStatus(text, reply.status, after)


def retry_after_ms(text: str | None, now: datetime) -> int | None:
    """Read a Retry-After header: seconds or a date."""
    if text is None:
        return None
    if text.strip().isdecimal() and len(text) < 10:
        return int(text) * 1000
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return max(0, round((at - now).total_seconds() * 1000))


def reply_value(reply: Reply, pick: str | None) -> JsonValue:
    """Return status, headers and content, or the picked part of the JSON."""
    found, value = _json(reply)
    if pick is not None:
        if not found:
            raise BadReply("The reply is not JSON, so nothing can be picked from it.")
        return picked(value, pick)
    headers: JsonMap = dict(reply.headers)
    content: JsonMap = {"json": value} if found else {"text": _text(reply)}
    return {"status": reply.status, "headers": headers, **content}


def picked(value: JsonValue, path: str) -> JsonValue:
    """Follow a path such as jobs.0.waiting or jobs[0].waiting."""
    for word in PLACE.sub(r".\1", path.removeprefix("$")).strip(".").split("."):
        match value:
            case dict() if word in value:
                value = value[word]
            case list() if word.isdecimal() and int(word) < len(value):
                value = value[int(word)]
            case _:
                raise BadReply(f"The reply has nothing at {path} (looking for {word}).")
    return value


def _fits(status: int, pattern: str) -> bool:
    if not STATUS.fullmatch(pattern):
        raise InvalidArgument(f"expect: {pattern!r} is not a status such as 2xx or 404.")
    return re.fullmatch(pattern.replace("x", r"\d"), str(status)) is not None


def _json(reply: Reply) -> tuple[bool, JsonValue]:
    if not JSON_TYPE.match(reply.headers.get("content-type", "").lower()):
        return False, None
    try:
        value = json.loads(reply.body, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return False, None
    return (True, value) if _is_flat(value, DEEPEST) else (False, None)


def _refuse(word: str) -> JsonValue:
    raise ValueError(word)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _is_flat(value: JsonValue, depth: int) -> bool:
    """Say whether a value nests no deeper than everything that will read it can bear."""
    match value:
        case dict():
            return depth > 0 and all(_is_flat(entry, depth - 1) for entry in value.values())
        case list():
            return depth > 0 and all(_is_flat(entry, depth - 1) for entry in value)
        case _:
            return True


def _text(reply: Reply) -> str:
    try:
        return reply.body.decode(reply.encoding, "replace")
    except LookupError:
        return reply.body.decode("utf-8", "replace")
