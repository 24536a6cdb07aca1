"""Starts as sentences for a person."""

from typing import assert_never

from cron_descriptor import (  # pyright: ignore[reportMissingTypeStubs]
    Options,
    get_description,
)

from aifp.helpers.user_directives.internal.language.grammar.cron_fields import field_values
from aifp.helpers.user_directives.internal.language.grammar.days import WEEKDAYS
from aifp.helpers.user_directives.internal.language.grammar.durations import write_duration
from aifp.helpers.user_directives.internal.language.readings.start_texts import quoted, start_text
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
    ValueStart,
    WatchStart,
    WebhookStart,
)

# The language is told, so that the host's own settings never change a reading.
_OPTIONS = Options(locale_code="en_US", use_24hour_time_format=True)
_OUTCOMES = {
    "failed": "fails",
    "succeeded": "succeeds",
    "finished": "finishes",
    "missed": "misses a due time",
    "recovered": "recovers",
}
_CHANGES = {"created": "appears", "changed": "changes", "deleted": "is deleted"}


def start_words(start: Start) -> str:
    """Say in plain words what this start waits for."""
    named = f" (called {start.as_})" if start.as_ else ""
    return _words(start) + named


def _words(start: Start) -> str:
    match start:
        case CronStart():
            return _cron(start)
        case IntervalStart():
            return _interval(start)
        case DateStart() | SunStart():
            return _moment(start)
        case StateStart() | ValueStart():
            return _entity(start)
        case WatchStart():
            return (
                f"when {start.expr} becomes true, looked at every {write_duration(start.check_ms)}"
            )
        case _:
            return _event(start)


def _cron(start: CronStart) -> str:
    said = get_description(start.expr, _OPTIONS).replace(
        " L of the month", " the last of the month"
    )
    words = said[:1].lower() + said[1:]
    if start.second:
        words += f", {start.second} s into the minute"
    if start.step is None:
        return words
    every = f"{start.step.n} {start.step.unit}s" if start.step.n > 1 else start.step.unit
    return f"{words}, every {every} counted from {start.step.from_}"


def _interval(start: IntervalStart) -> str:
    words = f"every {write_duration(start.every_ms)} of elapsed time"
    if start.between:
        words += f", from {start.between[0]} until before {start.between[1]}"
    return words + _on(start.days) + (f", counted from {start.from_}" if start.from_ else "")


def _moment(start: DateStart | SunStart) -> str:
    if isinstance(start, DateStart):
        return f"once, on {start.at.replace('T', ' at ')}"
    side = "before" if start.offset_ms < 0 else "after"
    offset = f"{write_duration(abs(start.offset_ms))} {side}" if start.offset_ms else "at"
    return f"{offset} {start.event}{_on(start.days)}"


def _on(days: str | None) -> str:
    if days is None:
        return ""
    names = [WEEKDAYS[n].capitalize() for n in sorted(field_values(days))]
    return f", on {', '.join(names)}"


def _entity(start: StateStart | ValueStart) -> str:
    _, text = start_text(start.model_copy(update={"as_": None}))
    if isinstance(start, ValueStart):
        return f"when the number crosses into the range: {text}"
    changed = start.to or start.from_ or start.not_to or start.not_from
    return f"when the state changes: {text}" + ("" if changed else " (any change)")


def _event(
    start: WebhookStart
    | MqttStart
    | FileStart
    | EventStart
    | RunStart
    | DaemonStart
    | ApiStart
    | HaStart,
) -> str:
    match start:
        case WebhookStart():
            return f"when something posts to /hooks/{start.id}{_login(start)}"
        case MqttStart():
            payload = "" if start.payload is None else f" saying {quoted(start.payload)}"
            return f"when a message{payload} arrives on the topic {start.topic}"
        case FileStart():
            return f"when a file {start.glob} {_CHANGES[start.change]}"
        case EventStart():
            source = f" from {start.source}" if start.source else ""
            where = f", if {start.where}" if start.where else ""
            return f"when the event {start.name}{source} arrives{where}"
        case RunStart():
            return f"when the directive {start.directive} {_OUTCOMES[start.outcome]}"
        case _:
            return _rare(start)


def _rare(start: DaemonStart | ApiStart | HaStart) -> str:
    match start:
        case DaemonStart():
            return "when the daemon has started"
        case ApiStart():
            waits = f", answered within {write_duration(start.reply_ms)}" if start.reply_ms else ""
            return f"when {start.method} /hooks{start.path} is called{_login(start)}{waits}"
        case HaStart():
            return f"when Home Assistant says so: {start_text(start)[1]}"
        case _:
            assert_never(start)


def _login(start: WebhookStart | ApiStart) -> str:
    if start.auth is None or start.auth.kind == "none":
        return " from this machine"
    return f" with the login {start.auth.kind} (secret {start.auth.secret})"
