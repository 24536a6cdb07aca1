"""The when-part of a directive: `at`, `every`, `cron`, `on`, `api`, and `if` without a start."""

from collections.abc import Callable

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import Ask, LanguageFault
from aifp.helpers.user_directives.internal.language.forms.conditions import (
    condition,
    held,
    known_entity,
)
from aifp.helpers.user_directives.internal.language.forms.keys import EVENT
from aifp.helpers.user_directives.internal.language.forms.plain import is_whole, items, wrong
from aifp.helpers.user_directives.internal.language.forms.policies import duration
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.grammar.api import parse_api
from aifp.helpers.user_directives.internal.language.grammar.at import parse_at
from aifp.helpers.user_directives.internal.language.grammar.auth import parse_auth
from aifp.helpers.user_directives.internal.language.grammar.cron import parse_cron
from aifp.helpers.user_directives.internal.language.grammar.durations import write_duration
from aifp.helpers.user_directives.internal.language.grammar.every import parse_every
from aifp.helpers.user_directives.internal.language.grammar.on import parse_on
from aifp.helpers.user_directives.internal.language.grammar.policies import (
    parse_check,
    parse_reply,
)
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.schemas.common import JsonMap
from aifp.schemas.starts import (
    ApiStart,
    Auth,
    EventStart,
    Start,
    StateStart,
    ValueStart,
    WatchStart,
    WebhookStart,
)

MAX_STARTS = 20
MAX_DURATION = 315_360_000_000
DEFAULT_CHECK = 60_000
SECOND, DAY = 1_000, 86_400_000
HOW_NUMBERS_FAIL = {"at": "E302", "cron": "E320", "every": "E310"}


def cron_starts(text: str, ask: Ask) -> list[Start]:
    """Read a cron text; it never asks."""
    del ask
    return [parse_cron(text)]


STARTS: dict[str, Callable[[str, Ask], list[Start]]] = {
    "at": parse_at,
    "every": parse_every,
    "cron": cron_starts,
    "on": parse_on,
}
START_KEYS = (*STARTS, "api")


def read_starts(reading: Reading) -> list[Start]:
    """Return every start of the directive, in the order at, every, cron, on, api."""
    found: list[Start] = []
    for key, read in STARTS.items():
        found += starts_of(reading, key, read)
    found += api_starts(reading)
    if len(found) > MAX_STARTS:
        reading.refuse("", "E208", n=MAX_STARTS, things="starts")
    return with_auth(reading, found)


def starts_of(reading: Reading, key: str, read: Callable[[str, Ask], list[Start]]) -> list[Start]:
    """Return the starts under one key; each text of a list is read for itself."""
    found: list[Start] = []
    for path, value in items(f"/{key}", reading.raw.get(key, [])):
        if isinstance(value, str):
            found += text_starts(reading, path, value, read)
        elif key == "on" and isinstance(value, dict):
            found += event_map(reading, path, value)
        else:
            reading.fault(path, not_a_start(path, key, value))
    return found


def text_starts(
    reading: Reading, path: str, text: str, read: Callable[[str, Ask], list[Start]]
) -> list[Start]:
    """Read one start text."""
    if "{{" in text:
        reading.refuse(path, "E509", field=path.split("/")[1])
        return []
    starts = reading.attempt(path, lambda: read(text, reading.ask(path))) or []
    return [with_entities(reading, path, start) for start in starts]


def not_a_start(path: str, key: str, value: JsonValue) -> LanguageFault:
    """Return the fault for a start that is no text: numbers get the mend of their key."""
    if is_whole(value) and key in HOW_NUMBERS_FAIL:
        return LanguageFault(HOW_NUMBERS_FAIL[key], 0, n=value if key == "at" else 1, x=value)
    return wrong(path, "text", value)


def with_entities(reading: Reading, path: str, start: Start) -> Start:
    """Ask about entities of a start that no connection knows."""
    if not isinstance(start, StateStart | ValueStart) or reading.known.entities is None:
        return start
    known = reading.attempt(path, lambda: [known_entity(reading, path, e) for e in start.entity])
    return start.model_copy(update={"entity": known}) if known else start


def event_map(reading: Reading, path: str, value: JsonMap) -> list[Start]:
    """Read an event start written as a map with the keys of the canonical start."""
    reading.check_keys(path, value, EVENT)
    name = value.get("event", value.get("name"))
    if not isinstance(name, str):
        reading.fault(pointer(path, "name"), wrong("/name", "text", name))
        return []
    where = value.get("where")
    text = condition(reading, pointer(path, "where"), where) if where is not None else None
    data, source, as_ = value.get("data"), value.get("source"), value.get("as")
    for key, item in (("source", source), ("as", as_)):
        if not isinstance(item, str | None):
            reading.fault(pointer(path, key), wrong(f"/{key}", "text", item))
    if not isinstance(data, dict | None):
        reading.fault(pointer(path, "data"), wrong("/data", "a map", data))
    return [
        EventStart(
            kind="event",
            name=name,
            source=source if isinstance(source, str) else None,
            where=text,
            data=data if isinstance(data, dict) else None,
            as_=as_ if isinstance(as_, str) else None,
        )
    ]


def api_starts(reading: Reading) -> list[Start]:
    """Return the endpoints; an api without `auth` asks how callers prove who they are."""
    found: list[Start] = []
    for path, value in items("/api", reading.raw.get("api", [])):
        if not isinstance(value, str):
            reading.fault(path, wrong(path, "text", value))
            continue
        endpoint = reading.attempt(path, lambda text=value: parse_api(text))
        auth = reading.attempt("/auth", lambda: api_auth(reading))
        reply = reply_ms(reading)
        if endpoint and auth:
            start: JsonMap = {"kind": "api", "method": endpoint[0], "path": endpoint[1]}
            found.append(ApiStart.model_validate({**start, "auth": auth, "reply_ms": reply}))
    return found


def api_auth(reading: Reading) -> Auth:
    """Return the auth of an api start."""
    written = reading.raw.get("auth")
    if written is None:
        answer = str(reading.ask("/auth").put("q.auth"))
        if answer in ("bearer", "hmac"):
            secret = reading.draft.name.upper().replace("-", "_") + "_TOKEN"
            answer = f"{answer} secret {secret}"
        return parse_auth(answer.removesuffix(" (local only)"))
    if not isinstance(written, str):
        raise wrong("/auth", "text", written)
    return parse_auth(written)


def reply_ms(reading: Reading) -> int | None:
    """Return how long an api call waits for the result."""
    written = reading.raw.get("reply")
    if written is None:
        return None
    if not isinstance(written, str):
        reading.fault("/reply", wrong("/reply", "text", written))
        return None
    return reading.attempt("/reply", lambda: parse_reply(written))


def with_auth(reading: Reading, starts: list[Start]) -> list[Start]:
    """Give `auth` to webhooks; refuse `auth` and `reply` where nobody calls."""
    kinds = {start.kind for start in starts}
    known_starts = not reading.errors()
    if known_starts and "reply" in reading.raw and "api" not in kinds:
        reading.refuse("/reply", "E203", k="reply", type="used with `api`", found="no api start")
    if "auth" not in reading.raw:
        return starts
    if known_starts and not kinds & {"api", "webhook"}:
        reading.refuse(
            "/auth", "E203", k="auth", type="used with `api` or a webhook", found="neither"
        )
    auth = reading.attempt("/auth", lambda: api_auth(reading)) if "webhook" in kinds else None
    return [
        s.model_copy(update={"auth": auth}) if auth and isinstance(s, WebhookStart) else s
        for s in starts
    ]


def read_condition_key(reading: Reading, starts: list[Start]) -> tuple[list[Start], str | None]:
    """Return the starts and the guard: `if` without any start is itself watched."""
    check, watched = check_ms(reading), starts
    text = condition_text(reading)
    has_start = any(reading.raw.get(key) not in (None, []) for key in START_KEYS)
    if not has_start and text is not None:
        start = WatchStart(kind="watch", expr=text, check_ms=check or DEFAULT_CHECK)
        return [start], None
    if check is not None:
        watched = [
            s.model_copy(update={"check_ms": check}) if isinstance(s, WatchStart) else s
            for s in starts
        ]
        if watched == starts and not any(isinstance(s, WatchStart) for s in starts) and starts:
            reading.refuse(
                "/check", "E203", k="check", type="used with a watched condition", found="a start"
            )
    return watched, text


def condition_text(reading: Reading) -> str | None:
    """Return the normal form of `if`, with `for` when it must have held."""
    written, lasting = reading.raw.get("if"), reading.raw.get("for")
    if written is None:
        for key in ("if", "for"):
            if key in reading.raw:
                reading.fault(f"/{key}", wrong(f"/{key}", "used with a condition", written))
        return None
    text = condition(reading, "/if", written)
    if lasting is None or text is None:
        return text
    ms = duration(reading, "/for", lasting, 1, MAX_DURATION)
    return None if ms is None else reading.attempt("/if", lambda: held(text, write_duration(ms)))


def check_ms(reading: Reading) -> int | None:
    """Return how often a watched condition is tested."""
    value = reading.raw.get("check")
    if value is None:
        return None
    if not isinstance(value, str):
        reading.refuse("/check", "E310", x=value)
        return None
    return reading.attempt("/check", lambda: parse_check(value))
