"""Which form a directive map is written in."""

from typing import Literal

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.forms.keys import STARTS
from aifp.schemas.common import JsonMap

Form = Literal["short", "long", "string", "ha"]
HA_KEYS = frozenset(("alias", "triggers", "initial_state", "use_blueprint"))
HA_ITEM_KEYS = frozenset(("platform", "trigger", "action", "service", "entity_id"))


def form_of(raw: JsonMap) -> Form:
    """Return the form of a directive: its own keys tell it."""
    trigger, action = raw.get("trigger"), raw.get("action", raw.get("actions"))
    if HA_KEYS & raw.keys() or is_ha(trigger) or is_ha(action):
        return "ha"
    if isinstance(trigger, str) or (trigger is None and isinstance(action, str)):
        return "string"
    if {"trigger", "action", "actions", "conditions"} & raw.keys() and not is_short(raw):
        return "long"
    return "short"


def is_short(raw: JsonMap) -> bool:
    """Say whether the keys of the short form are there: then the others are slips."""
    return bool(raw.keys() & {*STARTS, "do", "steps"}) and "trigger" not in raw


def is_ha(value: JsonValue) -> bool:
    """Say whether a trigger or action is written as Home Assistant does."""
    if isinstance(value, list):
        return any(is_ha(item) for item in value)
    return isinstance(value, dict) and "type" not in value and bool(HA_ITEM_KEYS & value.keys())
