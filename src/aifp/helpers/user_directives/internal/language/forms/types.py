"""The type of a directive: a label inferred from its starts, or written and fitting."""

from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.schemas.starts import Start
from aifp.schemas.words import DirectiveType

EVENTS = frozenset(("state", "value", "webhook", "mqtt", "file", "event", "run", "start", "ha"))
TIMES = frozenset(("cron", "interval", "date", "sun"))
REASONS: dict[DirectiveType, str] = {
    "schedule": "a schedule needs a time start",
    "trigger": "a trigger fits always",
    "api": "an api needs an api start",
    "conditional": "a conditional needs a watched condition or an `if`",
    "sequence": "a sequence needs `steps`, two or more actions, or no start",
}


# What an unreadable start will probably be, by the key it is written under.
KINDS_OF_KEYS = {"api": "api", "on": "event", "at": "date", "every": "cron", "cron": "cron"}


def inferred_type(
    starts: list[Start], written: set[str], *, has_steps: bool, actions: int
) -> DirectiveType:
    """Return the type in the order of the format: steps, api, event, time, watch, no start."""
    kinds = {start.kind for start in starts} or {
        kind for key, kind in KINDS_OF_KEYS.items() if key in written
    }
    if not kinds and "if" in written:
        kinds = {"watch"}
    if has_steps:
        return "sequence"
    if "api" in kinds:
        return "api"
    if kinds & EVENTS:
        return "trigger"
    if kinds & TIMES:
        return "schedule"
    if "watch" in kinds:
        return "conditional"
    return "sequence" if actions > 1 else "trigger"


def fits(
    wanted: DirectiveType, starts: list[Start], *, guarded: bool, has_steps: bool, actions: int
) -> bool:
    """Say whether a written type fits."""
    kinds = {start.kind for start in starts}
    match wanted:
        case "schedule":
            return bool(kinds & TIMES)
        case "trigger":
            return True
        case "api":
            return "api" in kinds
        case "conditional":
            return "watch" in kinds or guarded
        case "sequence":
            return has_steps or actions > 1 or not kinds


def refuse_type(reading: Reading, wanted: DirectiveType) -> None:
    """Say why a written type does not fit."""
    key = "directive_type" if "directive_type" in reading.raw else "type"
    reading.refuse(f"/{key}", "E207", t=wanted, reason=REASONS[wanted])
