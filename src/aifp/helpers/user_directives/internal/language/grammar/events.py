"""Starts by events: webhooks, messages, files, named events and outcomes of other directives."""

from collections.abc import Callable
from functools import partial
from typing import Literal

from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor, pattern
from aifp.helpers.user_directives.internal.language.grammar.words import (
    need_expression,
    need_name,
    need_path,
    need_word,
)
from aifp.schemas.starts import (
    DaemonStart,
    EventStart,
    FileStart,
    MqttStart,
    RunStart,
    Start,
    WatchStart,
    WebhookStart,
)

_WEBHOOK_ID = pattern(r"[A-Za-z0-9][A-Za-z0-9_~.-]{0,127}(?=\s|$)")
Outcome = Literal["failed", "succeeded", "finished", "missed", "recovered"]
_CHANGES: tuple[Literal["created", "changed", "deleted"], ...] = ("created", "changed", "deleted")


def take_event(cursor: Cursor) -> Start | None:
    """Take a start by an event, if one stands here."""
    word = cursor.keyword(*_TAKERS)
    return _TAKERS[word](cursor) if word else None


def _webhook(cursor: Cursor) -> WebhookStart:
    found = cursor.take(_WEBHOOK_ID)
    if not found:
        raise cursor.fault("E332")
    return WebhookStart(kind="webhook", id=found[0])


def _mqtt(cursor: Cursor) -> MqttStart:
    topic = need_path(cursor)
    payload = need_word(cursor) if cursor.keyword("is") else None
    return MqttStart(kind="mqtt", topic=topic, payload=payload)


def _file(cursor: Cursor) -> FileStart:
    glob = need_path(cursor)
    for change in _CHANGES:
        if cursor.keyword(change):
            return FileStart(kind="file", glob=glob, change=change)
    return FileStart(kind="file", glob=glob)


def _named(cursor: Cursor) -> EventStart:
    name = need_word(cursor)
    source = need_word(cursor) if cursor.keyword("from") else None
    where = need_expression(cursor) if cursor.keyword("where") else None
    return EventStart(kind="event", name=name, source=source, where=where)


def _outcome(outcome: Outcome, cursor: Cursor) -> RunStart:
    return RunStart(kind="run", directive=need_name(cursor), outcome=outcome)


def _watch(cursor: Cursor) -> WatchStart:
    return WatchStart(kind="watch", expr=need_expression(cursor))


def _daemon(cursor: Cursor) -> DaemonStart:
    return DaemonStart(kind="start")


_TAKERS: dict[str, Callable[[Cursor], Start]] = {
    "start": _daemon,
    "when": _watch,
    "webhook": _webhook,
    "mqtt": _mqtt,
    "file": _file,
    "event": _named,
    "failed": partial(_outcome, "failed"),
    "succeeded": partial(_outcome, "succeeded"),
    "finished": partial(_outcome, "finished"),
    "missed": partial(_outcome, "missed"),
    "recovered": partial(_outcome, "recovered"),
}
