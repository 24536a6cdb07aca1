"""The string form: `trigger: "time: 07:10"`, `action: "http_request: POST /path"`."""

import re

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.schemas.common import JsonMap

KIND = re.compile(r"\s*([a-z_]+)\s*:\s*(.*)", re.DOTALL | re.IGNORECASE)
KEYS_OF_KINDS = {
    "time": "at",
    "cron": "cron",
    "every": "every",
    "interval": "every",
    "condition": "if",
    "api": "api",
}
ON_KINDS = ("event", "webhook", "state", "value", "mqtt", "file")
TRIGGER_KINDS = (*KEYS_OF_KINDS, *ON_KINDS, "manual")
ACTION_KINDS: dict[str, str] = {
    "http_request": "",
    "call": "call ",
    "function_call": "code ",
    "script": "run ",
    "notify": "notify ",
}


def trigger_of(text: str) -> JsonMap:
    """Return the start keys that a trigger text means."""
    kind, rest = parts(text)
    if kind == "manual":
        return {}
    if not rest and kind in TRIGGER_KINDS:
        raise LanguageFault("E330", x=text)
    if kind in KEYS_OF_KINDS:
        return {KEYS_OF_KINDS[kind]: rest}
    if kind in ON_KINDS:
        return {"on": f"{kind} {rest}"}
    raise LanguageFault("E334", x=kind or text, nearest=nearest(kind, TRIGGER_KINDS))


def action_of(text: str) -> JsonValue:
    """Return the short action that an action text means; a command is still a long action."""
    kind, rest = parts(text)
    if kind in ACTION_KINDS:
        return ACTION_KINDS[kind] + rest
    if kind == "command":
        return {"type": "command", "command": rest}
    if kind:
        raise LanguageFault("E508", x=kind, nearest=nearest(kind, (*ACTION_KINDS, "command")))
    return text


def parts(text: str) -> tuple[str, str]:
    """Return kind and text; `manual` may stand alone."""
    found = KIND.fullmatch(text)
    if found and not found[2].startswith("//"):
        return found[1].lower(), found[2].strip()
    alone = text.strip().lower()
    return (alone, "") if alone == "manual" else ("", text)
