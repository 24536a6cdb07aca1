"""One value of a step, its place, and the plain kinds of values it may be."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.expressions import (
    read_condition,
    warnings_of,
    write_expression,
)
from aifp.helpers.user_directives.internal.language.faults import Ask, LanguageFault
from aifp.helpers.user_directives.internal.language.forms.plain import is_whole, wrong
from aifp.helpers.user_directives.internal.language.grammar.durations import parse_duration
from aifp.helpers.user_directives.internal.language.names import NAME
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.schemas.common import JsonMap

T = TypeVar("T")
IDENT = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class Noted(Exception):
    """The fault of this value stands already where it belongs."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A value under a key of a step; `nested` reads the steps inside it."""

    key: str
    value: JsonValue
    path: str
    fault: Callable[[str, LanguageFault], None]
    asks: Callable[[str], Ask]
    nested: Callable[[JsonValue, str], list[JsonValue]]

    def wrong(self, wanted: str) -> LanguageFault:
        """Return the fault that the value is of another kind."""
        return wrong(pointer("", self.key), wanted, self.value)

    def inner(self, key: str | int, value: JsonValue) -> "Slot":
        """Return the slot of a value inside this one."""
        name = self.key if isinstance(key, int) else key
        return replace(self, key=name, value=value, path=pointer(self.path, key))

    def through(self, read: "Callable[[Slot], T]") -> T:
        """Read the value; a fault in it is noted here, at its own place."""
        try:
            return read(self)
        except LanguageFault as fault:
            self.fault(self.path, fault)
            raise Noted from fault


Reader = Callable[[Slot], JsonValue]


def read_text(slot: Slot) -> str:
    """Read a text."""
    if not isinstance(slot.value, str):
        raise slot.wrong("text")
    return slot.value


def read_filled_text(slot: Slot) -> str:
    """Read a text that says something."""
    text = read_text(slot)
    if not text.strip():
        raise LanguageFault("E203", k=slot.key, type="text", found="an empty text")
    return text


def read_ident(slot: Slot) -> str:
    """Read a name of letters, digits and underscores."""
    text = read_text(slot)
    if not IDENT.fullmatch(text) and "{{" not in text:  # a template is refused by its own code
        raise LanguageFault("E203", k=slot.key, type="a name such as total_2", found=text)
    return text


def read_name(slot: Slot) -> str:
    """Read the name of a directive, channel or connection."""
    text = read_text(slot)
    if not NAME.fullmatch(text) and "{{" not in text:
        raise LanguageFault("E203", k=slot.key, type="a name such as month_end", found=text)
    return text


def read_any(slot: Slot) -> JsonValue:
    """Read any value."""
    return slot.value


def read_boolean(slot: Slot) -> bool:
    """Read true or false."""
    if not isinstance(slot.value, bool):
        raise slot.wrong("true or false")
    return slot.value


def read_map(slot: Slot) -> JsonMap:
    """Read a map whose keys are data."""
    if not isinstance(slot.value, dict):
        raise slot.wrong("a map")
    return slot.value


def read_list(slot: Slot) -> list[JsonValue]:
    """Read a list."""
    if not isinstance(slot.value, list):
        raise slot.wrong("a list")
    return slot.value


def read_condition_text(slot: Slot) -> str:
    """Read a condition in any of its forms, as normal text."""
    try:
        expression = read_condition(slot.value)
    except LanguageFault as fault:
        inside = str(fault.names.pop("path", ""))
        if not inside:
            raise
        slot.fault(slot.path + inside, fault)
        raise Noted from fault
    for warning in warnings_of(expression):
        slot.fault(slot.path, warning)
    return write_expression(expression)


def read_steps_inside(slot: Slot) -> list[JsonValue]:
    """Read one action or a list of actions."""
    if slot.value in (None, "", []):
        raise slot.wrong("an action or a list of actions")
    return slot.nested(slot.value, slot.path)


def whole_number(low: int, high: int) -> Reader:
    """Return the reader of integers in a range."""

    def read(slot: Slot) -> int:
        if not is_whole(slot.value) or not low <= slot.value <= high:
            fault = slot.wrong(f"a whole number from {low} to {high}")
            fault.names["found"] = slot.value
            raise fault
        return slot.value

    return read


def one_word_of(*words: str) -> Reader:
    """Return the reader of a closed list of words."""

    def read(slot: Slot) -> str:
        if not isinstance(slot.value, str) or slot.value not in words:
            shown = ", ".join(words[:-1]) + f" or {words[-1]}"
            raise LanguageFault("E203", k=slot.key, type=shown, found=slot.value)
        return slot.value

    return read


def duration_between(low: int, high: int) -> Reader:
    """Return the reader of durations in a range."""

    def read(slot: Slot) -> int:
        if is_whole(slot.value):
            raise LanguageFault("E310", x=slot.value)
        return parse_duration(read_text(slot), low, high)

    return read
