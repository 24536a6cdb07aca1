"""One declared input, written as one text: `integer 1..5 = 1`, `one of red, green = red`."""

import json
import math
from typing import Literal

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor, pattern
from aifp.schemas.canonical import InputField

InputType = Literal["string", "integer", "number", "boolean", "list", "map"]

_TYPES: dict[str, InputType] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "list": "list",
    "map": "map",
}
_RANGE = pattern(r"(?P<low>-?[0-9]+(?:\.[0-9]+)?)\s*\.\.\s*(?P<high>-?[0-9]+(?:\.[0-9]+)?)")
_CHOICE = pattern(r"\"(?P<quoted>[^\"]*)\"|(?P<word>[^\s,=\"]+)")
_COMMA, _EQUALS = pattern(r","), pattern(r"=")
_MOST_CHOICES = 100


def parse_input(text: str) -> InputField:
    """Read the type, the range or choices, and the default of an input; no default = required."""
    cursor = Cursor(text)
    if cursor.keyword("one of"):
        field = InputField(type="string", one_of=_choices(cursor))
    else:
        field = _typed(cursor)
    if cursor.take(_EQUALS):
        field = field.model_copy(update={"default": _default(cursor, field)})
    elif not cursor.done():
        raise cursor.fault("E506")
    return field


def fits(value: JsonValue, field: InputField) -> bool:
    """Say whether a value is of the field's type, inside its range and among its choices."""
    if not _is_of(value, field.type):
        return False
    if field.one_of is not None and value not in field.one_of:
        return False
    size = len(value) if isinstance(value, str | list) else value
    if isinstance(size, int | float) and not isinstance(size, bool):
        return _inside(size, field)
    return True


def _inside(value: int | float, field: InputField) -> bool:
    low = -math.inf if field.min is None else field.min
    high = math.inf if field.max is None else field.max
    return math.isfinite(value) and low <= value <= high


def _is_of(value: JsonValue, kind: InputType) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "list":
            return isinstance(value, list)
        case "map":
            return isinstance(value, dict)


def _typed(cursor: Cursor) -> InputField:
    kind = cursor.keyword(*_TYPES)
    if kind is None:
        raise cursor.fault("E506")
    start = cursor.skip()
    found = cursor.take(_RANGE)
    if found is None:
        return InputField(type=_TYPES[kind])
    low, high = _number(found["low"]), _number(found["high"])
    counted = kind != "number"  # of texts and lists the range is their length
    if kind in {"boolean", "map"} or low > high or (counted and _broken(low, high)):
        raise LanguageFault("E506", start, x=found[0])
    return InputField(type=_TYPES[kind], min=low, max=high)


def _broken(*numbers: int | float) -> bool:
    return any(isinstance(number, float) for number in numbers)


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _choices(cursor: Cursor) -> list[JsonValue]:
    choices: list[JsonValue] = []
    while not choices or cursor.take(_COMMA):
        found = cursor.take(_CHOICE)
        if found is None or len(choices) == _MOST_CHOICES:
            raise cursor.fault("E506")
        choices.append(found["word"] if found["quoted"] is None else found["quoted"])
    return choices


def _default(cursor: Cursor, field: InputField) -> JsonValue:
    start = cursor.skip()
    written = cursor.text[start:].strip()
    value = _plain(written, field.type)
    if value is None or not fits(value, field):
        raise LanguageFault("E506", start, x=written)
    return value


def _plain(written: str, kind: InputType) -> JsonValue:
    """Return the JSON value that is written; words without quotes are text."""
    if kind == "string" and not written.startswith('"'):
        return written or None
    try:
        return json.loads(written, parse_constant=_refuse)
    except ValueError:
        return None


def _refuse(constant: str) -> JsonValue:
    raise ValueError(constant)  # NaN and infinity are no JSON
