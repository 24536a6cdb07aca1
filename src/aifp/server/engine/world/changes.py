"""Does a change of an entity start a run: pure rules for `state` and `value` starts."""

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.expressions.values import as_number, equal
from aifp.schemas.starts import StateStart, Text, ValueStart
from aifp.server.engine.world.observations import Change, Observation, is_unavailable

EntityStart = StateStart | ValueStart


def begins(start: EntityStart, change: Change) -> bool:
    """Say whether this change is what the start waits for."""
    before, after = seen(change.old, start), seen(change.new, start)
    match start:
        case StateStart():
            return change.old is not None and _turned(start, before, after)
        case ValueStart():
            return inside(start, after) and change.old is not None and not inside(start, before)


def goes_on(start: EntityStart, since_value: JsonValue, now_value: JsonValue) -> bool:
    """Say whether what began still holds, so that a `for` time goes on."""
    match start:
        case StateStart(to=None):
            return same(since_value, now_value)
        case StateStart():
            return _named(start.to, now_value)
        case ValueStart():
            return inside(start, now_value)


def seen(observation: Observation | None, start: EntityStart) -> JsonValue:
    """Return the value that the start looks at."""
    return observation.read(start.attribute) if observation else None


def inside(start: ValueStart, value: JsonValue) -> bool:
    """Say whether a value lies in the range of a start."""
    number = as_number(value)
    if number is None:
        return False
    over = start.above is None or number > start.above
    return over and (start.below is None or number < start.below)


def same(left: JsonValue, right: JsonValue) -> bool:
    """Compare two states as conditions do: 21 and "21" are one."""
    return equal(left, right)


def _turned(start: StateStart, before: JsonValue, after: JsonValue) -> bool:
    if same(before, after) or _hidden(start, before, after):
        return False
    return (
        (start.from_ is None or _named(start.from_, before))
        and (start.to is None or _named(start.to, after))
        and not _named(start.not_from, before)
        and not _named(start.not_to, after)
    )


def _hidden(start: StateStart, before: JsonValue, after: JsonValue) -> bool:
    """Say whether the change leads from or to `unavailable` without naming it."""
    lost = is_unavailable(after) and not _named(start.to, after)
    found = is_unavailable(before) and not _named(start.from_, before)
    return lost or found


def _named(values: list[Text] | None, value: JsonValue) -> bool:
    return values is not None and any(same(word, value) for word in values)
