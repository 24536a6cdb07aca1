"""Actions written as one text, such as `GET https://...` or `turn on light.desk`."""

import json
import math
import re
from collections.abc import Callable

from pydantic import JsonValue, TypeAdapter

from aifp.helpers.user_directives.internal.language.expressions.tokens import unquote
from aifp.helpers.user_directives.internal.language.faults import Ask, LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.clock import take_times, write_time
from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor, pattern, take_list
from aifp.helpers.user_directives.internal.language.grammar.durations import DAY, take_duration
from aifp.schemas.common import JsonMap
from aifp.schemas.steps import Step

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
# Methods whose parameters belong into the address, not into a body.
QUERY_METHODS = frozenset({"GET", "HEAD", "DELETE"})
WAIT_MS = (100, 31 * DAY)
DOMAIN_OBJECT = re.compile(r"[a-z_][a-z0-9_]*\.[a-z0-9_]+")

_STEP: TypeAdapter[Step] = TypeAdapter(Step)
_MAP: TypeAdapter[JsonMap] = TypeAdapter(JsonMap)
_TEMPLATE = r"\{\{(?:\"[^\"]*\"|'[^']*'|[^\"'])*?\}\}"
_CHUNK = pattern(rf"(?:{_TEMPLATE}|\S)+")
_METHOD_LIKE = pattern(r"[A-Za-z]+(?=\s+(?:https?://|/))")
_ADDRESS = pattern(r"(?=https?://[^/]|/(?!/))")
_REFERENCE = pattern(r"(?-i:[a-z_][a-z0-9_]*\.[a-z0-9_]+)(?![A-Za-z0-9_.])")
_NAME = pattern(r"(?-i:[a-z][a-z0-9_-]{0,63})(?=\s|$)")
_IDENT = pattern(r"[A-Za-z_][A-Za-z0-9_]*(?=\s|$)")
_KEY = pattern(r"([A-Za-z_][A-Za-z0-9_]*)\s*=\s*")
_EVENT = pattern(r"[A-Za-z_][A-Za-z0-9_.:-]*(?=\s|$)")
_QUOTED = pattern(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_VALUE = pattern(rf"(?:{_TEMPLATE}|[^\s,])+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_COMMA = pattern(",")
_CONSTANTS: dict[str, JsonValue] = {"true": True, "false": False, "null": None}
_SWITCHES = ("turn on", "turn off", "toggle", "open", "close", "lock", "unlock")
# Home Assistant names the services of these domains after the domain.
_DOORS = frozenset({"cover", "valve"})


def parse_action(text: str, ask: Ask) -> list[Step]:
    """Read one action text; E501 when it is free text. Only entity lists give several steps."""
    cursor = Cursor(text)
    steps = _http(cursor) or _named(cursor, ask)
    if not steps or not cursor.done():
        raise cursor.fault("E501")
    return [_STEP.validate_python(step) for step in steps]


def parse_request(text: str) -> tuple[str, str]:
    """Read `METHOD address`."""
    cursor = Cursor(text)
    request = _request(cursor, "E503")
    if request is None:
        raise cursor.fault("E502", m=cursor.near())
    cursor.finish("E501")
    return request


def parse_wait(text: str, ask: Ask) -> JsonMap:
    """Read `10m` as {ms} and `until 17:00` as {until}."""
    cursor = Cursor(text)
    fields = _wait_fields(cursor, ask)
    if not cursor.done():
        raise cursor.fault("E310")
    return fields


def _http(cursor: Cursor) -> list[JsonMap]:
    request = _request(cursor, "E501")  # `get the milk` is free text
    if request is None:
        return []
    step: JsonMap = {"verb": "http", "method": request[0], "url": request[1]}
    if cursor.keyword("with"):
        step["query" if request[0] in QUERY_METHODS else "json"] = _json_map(cursor)
    return [step]


def _request(cursor: Cursor, bad_address: str) -> tuple[str, str] | None:
    start = cursor.skip()
    method = cursor.keyword(*METHODS)
    if method is None:
        if other := cursor.take(_METHOD_LIKE):
            raise LanguageFault("E502", start, m=other[0])
        return None
    if not cursor.peek(_ADDRESS):
        written_large = cursor.text[start : start + len(method)].isupper()
        raise cursor.fault("E503" if written_large else bad_address)
    address = cursor.take(_CHUNK)
    return (method, address[0]) if address else None


def _json_map(cursor: Cursor) -> JsonMap:
    start = cursor.skip()
    try:
        value, end = _DECODER.raw_decode(cursor.text, start)
    except (ValueError, RecursionError):
        raise cursor.fault("E501") from None
    if not isinstance(value, dict):
        raise cursor.fault("E501")
    cursor.pos = end
    return _MAP.validate_python(value)


def _unique(pairs: list[tuple[str, JsonValue]]) -> JsonMap:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is used twice")
    return found


def _refuse(constant: str) -> JsonValue:
    raise ValueError(constant)  # NaN and infinity are no JSON


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)


def _named(cursor: Cursor, ask: Ask) -> list[JsonMap]:
    if switch := cursor.keyword(*_SWITCHES):
        return _switched(cursor, switch)
    if cursor.keyword("wait"):
        return [{"verb": "wait", **_wait_fields(cursor, ask)}]
    word = cursor.keyword(*_VERBS)
    return [_VERBS[word](cursor)] if word else []


def _switched(cursor: Cursor, switch: str) -> list[JsonMap]:
    entities = take_list(cursor, _entity)
    return [
        {"verb": "call", "target": _service(entity, switch), "with": {"entity_id": entity}}
        for entity in entities
    ]


def _entity(cursor: Cursor) -> str | None:
    found = cursor.take(_REFERENCE)
    return found[0] if found else None


def _service(entity: str, switch: str) -> str:
    domain = entity.split(".")[0]
    service = switch.replace(" ", "_")
    if switch in {"open", "close"} and domain in _DOORS:
        service = f"{switch}_{domain}"
    return f"{domain}.{service}"


def _wait_fields(cursor: Cursor, ask: Ask) -> JsonMap:
    if cursor.keyword("until"):
        times = take_times(cursor, ask)
        if len(times) != 1:
            raise cursor.fault("E301")
        return {"until": write_time(times[0])}
    ms = take_duration(cursor, *WAIT_MS)
    if ms is None:
        raise cursor.fault("E501")
    return {"ms": ms}


def _call(cursor: Cursor) -> JsonMap:
    target = _need(cursor, cursor.take(_REFERENCE))
    entities = _entities(cursor)
    data: JsonMap = {}
    if entities:
        data["entity_id"] = entities[0] if len(entities) == 1 else [*entities]
    if cursor.keyword("with"):
        data.update(_pairs(cursor))
    step: JsonMap = {"verb": "call", "target": target}
    return {**step, "with": data} if data else step


def _entities(cursor: Cursor) -> list[str]:
    found = [entity] if (entity := _entity(cursor)) else []
    while found and cursor.take(_COMMA):
        found.append(_need(cursor, cursor.take(_REFERENCE)))
    return found


def _pairs(cursor: Cursor) -> JsonMap:
    found: JsonMap = {}
    while not found or cursor.take(_COMMA):
        key = cursor.take(_KEY)
        if key is None or key[1] in found:
            raise cursor.fault("E501")
        found[key[1]] = _value(cursor)
    return found


def _value(cursor: Cursor) -> JsonValue:
    if quoted := cursor.take(_QUOTED):
        return unquote(quoted[0])
    text = _need(cursor, cursor.take(_VALUE))
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text


def _run(cursor: Cursor) -> JsonMap:
    program = _word(cursor)
    arguments: list[JsonValue] = []
    while not cursor.done():
        arguments.append(_word(cursor))
    step: JsonMap = {"verb": "run", "program": program}
    return {**step, "args": arguments} if arguments else step


def _word(cursor: Cursor) -> str:
    if quoted := cursor.take(_QUOTED):
        return unquote(quoted[0])
    return _need(cursor, cursor.take(_CHUNK))


def _notify(cursor: Cursor) -> JsonMap:
    channel = _need(cursor, cursor.take(_NAME))
    return {"verb": "notify", "channel": channel, "message": _quoted(cursor)}


def _quoted(cursor: Cursor) -> str:
    return unquote(_need(cursor, cursor.take(_QUOTED)))


def _start(cursor: Cursor) -> JsonMap:
    return {"verb": "start", "directive": _need(cursor, cursor.take(_NAME))}


def _emit(cursor: Cursor) -> JsonMap:
    return {"verb": "emit", "event": _need(cursor, cursor.take(_EVENT))}


def _code(cursor: Cursor) -> JsonMap:
    return {"verb": "code", "function": _need(cursor, cursor.take(_IDENT))}


def _log(cursor: Cursor) -> JsonMap:
    return {"verb": "log", "message": _quoted(cursor)}


_VERBS: dict[str, Callable[[Cursor], JsonMap]] = {
    "call": _call,
    "run": _run,
    "notify": _notify,
    "start": _start,
    "emit": _emit,
    "code": _code,
    "log": _log,
}


def _need(cursor: Cursor, found: re.Match[str] | None) -> str:
    if found is None:
        raise cursor.fault("E501")
    return found[0]
