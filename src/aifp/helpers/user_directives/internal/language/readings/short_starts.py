"""Every start as the short form writes it, under `on` or `api`."""

from collections.abc import Sequence

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.grammar.durations import write_duration
from aifp.helpers.user_directives.internal.language.readings.start_texts import start_text
from aifp.schemas.common import JsonMap
from aifp.schemas.starts import ApiStart, Auth, EventStart, Start, WatchStart, WebhookStart

# What stands before the text of a start; a kind that is not here stands there itself.
_BEFORE = {"time": "at", "condition": "when", "on": ""}
_DEFAULT_CHECK = WatchStart.model_fields["check_ms"].default


def short_starts(starts: Sequence[Start]) -> JsonMap:
    """Return the keys that start a directive; endpoints come last when they are read back."""
    calls = [start for start in starts if isinstance(start, ApiStart)]
    others = [_on(start) for start in starts if not isinstance(start, ApiStart)]
    raw: JsonMap = {}
    if others:
        raw["on"] = others
    if calls:
        raw["api"] = [f"{start.method} {start.path}" for start in calls]
    return raw | _shared(starts)


def on_text(start: Start) -> str:
    """Return one start as the grammar of `on` reads it."""
    kind, text = start_text(start)
    return f"{_BEFORE.get(kind, kind)} {text}".strip()


def _on(start: Start) -> JsonValue:
    if not isinstance(start, EventStart) or start.data is None:
        return on_text(start)
    fields = start.wire()
    return {"event": fields.pop("name"), **{k: v for k, v in fields.items() if k != "kind"}}


def _shared(starts: Sequence[Start]) -> JsonMap:
    """Return what all starts of a kind have in common: login, reply, how often one looks."""
    raw: JsonMap = {}
    for start in starts:
        match start:
            case ApiStart():
                raw["auth"] = auth_text(start.auth)
                if start.reply_ms is not None:
                    raw["reply"] = f"result within {write_duration(start.reply_ms)}"
            case WebhookStart(auth=Auth() as auth):
                raw["auth"] = auth_text(auth)
            case WatchStart() if start.check_ms != _DEFAULT_CHECK:
                raw["check"] = write_duration(start.check_ms)
            case _:
                pass
    return raw


def auth_text(auth: Auth) -> str:
    """Return a login as one text."""
    if auth.kind == "none":
        return "none"
    named = " ".join(part for part in (auth.user, auth.name, auth.header) if part)
    return f"{auth.kind} {named} secret {auth.secret}".replace("  ", " ")
