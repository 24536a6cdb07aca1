"""Steps that hold other steps, wait, or end the run."""

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.step_slots import (
    Noted,
    Slot,
    read_condition_text,
    read_list,
    read_map,
    read_steps_inside,
    read_text,
    whole_number,
)
from aifp.helpers.user_directives.internal.language.grammar.actions import parse_wait
from aifp.helpers.user_directives.internal.language.grammar.on import parse_on
from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.schemas.common import JsonMap

MAX_PASSES, MAX_BRANCHES = 10_000, 16
_LOOPS = ("count", "each", "while", "until")


def read_wait(slot: Slot) -> JsonMap:
    """Read `10m` or `until 17:00`."""
    if not isinstance(slot.value, str):
        raise LanguageFault("E310", x=slot.value)
    try:
        return parse_wait(slot.value, slot.asks(slot.path))
    except LanguageFault as fault:
        if fault.code == "E501":
            raise LanguageFault("E310", fault.offset, x=slot.value) from None
        raise


def read_awaited(slot: Slot) -> JsonMap:
    """Read the starts that a step waits for."""
    texts = slot.value if isinstance(slot.value, list) else [slot.value]
    starts: list[JsonValue] = []
    for index, text in enumerate(texts):
        part = slot.inner(index, text) if isinstance(slot.value, list) else slot
        starts += part.through(_starts)
    if not starts:
        raise slot.wrong("a start text or a list of them")
    return {"when": starts}


def read_choices(slot: Slot) -> JsonMap:
    """Read the branches of a choose step; `else` comes last."""
    choices = read_list(slot)
    fields: JsonMap = {}
    options: list[JsonValue] = []
    for index, choice in enumerate(choices):
        part = slot.inner(index, choice)
        keys = part.through(_choice_keys)
        if keys == {"else"} and index == len(choices) - 1 and index:
            fields["else"] = part.inner("else", read_map(part)["else"]).through(read_steps_inside)
        elif keys == {"if", "do"}:
            options.append(_option(part))
        else:
            raise LanguageFault(
                "E203", k="choose", type="a list of {if, do}, then {else}", found=sorted(keys)
            )
    if not options:
        raise slot.wrong("a list of {if, do}")
    return {**fields, "options": options}


def read_loop(slot: Slot) -> JsonMap:
    """Read how often steps are repeated."""
    written = read_map(slot)
    keys = _known_keys(slot, {*_LOOPS, "max"})
    loops = [key for key in _LOOPS if key in keys]
    if len(loops) != 1:
        found = " and ".join(loops) or "none of them"
        raise LanguageFault(
            "E203", k="repeat", type="one of count, each, while, until", found=found
        )
    fields: JsonMap = {loops[0]: slot.inner(loops[0], written[loops[0]]).through(_loop_value)}
    if "max" in keys:
        fields["max"] = slot.inner("max", written["max"]).through(whole_number(1, MAX_PASSES))
    return fields


def read_branches(slot: Slot) -> JsonMap:
    """Read steps or lists of steps that run side by side."""
    branches = read_list(slot)
    if not 1 <= len(branches) <= MAX_BRANCHES:
        raise LanguageFault("E208", n=MAX_BRANCHES, things="branches")
    parts = [slot.inner(index, branch) for index, branch in enumerate(branches)]
    return {"branches": [part.through(read_steps_inside) for part in parts]}


def read_stop_condition(slot: Slot) -> JsonMap:
    """Read the condition under which the run goes on."""
    return {"if": read_condition_text(slot)}


def read_inner_steps(slot: Slot) -> JsonMap:
    """Read the steps of a branch."""
    return {"steps": read_steps_inside(slot)}


def _starts(slot: Slot) -> list[JsonValue]:
    return [start.wire() for start in parse_on(read_text(slot), slot.asks(slot.path))]


def _option(part: Slot) -> JsonValue:
    choice = read_map(part)
    return {
        "if": part.inner("if", choice["if"]).through(read_condition_text),
        "steps": part.inner("do", choice["do"]).through(read_steps_inside),
    }


def _loop_value(slot: Slot) -> JsonValue:
    if slot.key == "count":
        if isinstance(slot.value, str) and "{{" in slot.value:
            return slot.value  # a template is refused by its own code
        return whole_number(1, MAX_PASSES)(slot)
    if slot.key == "each":
        template = isinstance(slot.value, str) and "{{" in slot.value
        if not template and not isinstance(slot.value, list):
            raise slot.wrong("a list or a template")
        return slot.value
    return read_condition_text(slot)


def _choice_keys(slot: Slot) -> set[str]:
    return _known_keys(slot, {"if", "do", "else"})


def _known_keys(slot: Slot, known: set[str]) -> set[str]:
    keys = {key for key in read_map(slot) if not key.startswith("_")}
    unknown = sorted(keys - known)
    for key in unknown:
        fault = LanguageFault("E201", k=key, nearest=nearest(key, known))
        slot.fault(slot.inner(key, None).path, fault)
    if unknown:
        raise Noted
    return keys
