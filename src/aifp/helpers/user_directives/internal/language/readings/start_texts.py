"""Every start as the one line that its grammar reads back."""

import json
from collections.abc import Sequence
from typing import assert_never

from aifp.helpers.user_directives.internal.language.grammar.cursor import pattern
from aifp.helpers.user_directives.internal.language.grammar.durations import write_duration
from aifp.helpers.user_directives.internal.language.readings.time_texts import (
    cron_text,
    date_text,
    interval_text,
    sun_text,
)
from aifp.schemas.starts import (
    ApiStart,
    CronStart,
    DaemonStart,
    DateStart,
    EventStart,
    FileStart,
    HaStart,
    IntervalStart,
    MqttStart,
    RunStart,
    Start,
    StateStart,
    SunStart,
    Text,
    ValueStart,
    WatchStart,
    WebhookStart,
)

_KEYWORDS = frozenset(
    [
        "from",
        "to",
        "not",
        "for",
        "as",
        "is",
        "where",
        "above",
        "below",
        "on",
        "and",
        "created",
        "changed",
        "deleted",
    ]
)
_EventKind = (
    WebhookStart
    | MqttStart
    | FileStart
    | EventStart
    | RunStart
    | DaemonStart
    | WatchStart
    | ApiStart
    | HaStart
)
_BARE = pattern(r"[A-Za-z0-9_./*?+#-]+")


def start_text(start: Start) -> tuple[str, str]:
    """Return the kind of text and the text of a start, its name after `as` included."""
    kind, text = _unnamed(start)
    return kind, f"{text} as {start.as_}" if start.as_ else text


def _unnamed(start: Start) -> tuple[str, str]:
    match start:
        case CronStart():
            return cron_text(start)
        case IntervalStart():
            return "every", interval_text(start)
        case DateStart() | SunStart():
            return "time", date_text(start) if isinstance(start, DateStart) else sun_text(start)
        case StateStart():
            return "state", _state(start)
        case ValueStart():
            return "value", _value(start)
        case _:
            return _by_event(start)


def _by_event(start: _EventKind) -> tuple[str, str]:
    match start:
        case MqttStart():
            return "mqtt", quoted(start.topic) + _word_after("is", start.payload)
        case FileStart():
            changed = "" if start.change == "created" else f" {start.change}"
            return "file", quoted(start.glob) + changed
        case EventStart():
            where = f" where {start.where}" if start.where else ""
            return "event", quoted(start.name) + _word_after("from", start.source) + where
        case RunStart():
            return "on", f"{start.outcome} {start.directive}"
        case DaemonStart():
            return "on", "start"
        case _:
            return _by_caller(start)


def _by_caller(start: WatchStart | WebhookStart | ApiStart | HaStart) -> tuple[str, str]:
    match start:
        case WatchStart():
            return "condition", start.expr
        case WebhookStart():
            return "webhook", start.id
        case ApiStart():
            return "api", f"{start.method} {start.path}"
        case HaStart():
            return "ha", json.dumps(start.trigger, sort_keys=True)
        case _:
            assert_never(start)


def quoted(value: Text) -> str:
    """Return a value as the grammar reads it back: bare when it can be, else in quotes."""
    text = str(value)
    if _BARE.fullmatch(text) and text.lower() not in _KEYWORDS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _state(start: StateStart) -> str:
    parts = [_refs(start.entity, start.attribute)]
    for keyword, values in (
        ("from", start.from_),
        ("to", start.to),
        ("not from", start.not_from),
        ("not to", start.not_to),
    ):
        if values:
            parts.append(f"{keyword} {', '.join(map(quoted, values))}")
    return " ".join(parts) + _held(start.for_ms)


def _value(start: ValueStart) -> str:
    above = "" if start.above is None else f" above {start.above}"
    below = "" if start.below is None else f" below {start.below}"
    return _refs(start.entity, start.attribute) + above + below + _held(start.for_ms)


def _refs(entities: Sequence[str], attribute: str | None) -> str:
    return ", ".join(f"{e}.{attribute}" if attribute else e for e in entities)


def _held(ms: int) -> str:
    return f" for {write_duration(ms)}" if ms else ""


def _word_after(keyword: str, value: Text) -> str:
    return "" if value is None else f" {keyword} {quoted(value)}"
