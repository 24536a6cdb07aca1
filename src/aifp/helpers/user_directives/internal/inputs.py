"""Declared inputs: what a caller gave, checked and completed."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from aifp.schemas.canonical import InputField
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "map": (dict,),
}


def checked_inputs(declared: Mapping[str, InputField], given: Mapping[str, JsonValue]) -> JsonMap:
    """Return the inputs of a run; every fault is named at once in InvalidArgument."""
    faults = list(_faults(declared, given))
    if faults:
        raise InvalidArgument("The input does not fit. " + " ".join(faults), faults=faults)
    defaults = {n: f.default for n, f in declared.items() if f.default is not None}
    return {**defaults, **given}


def from_path(declared: Mapping[str, InputField], given: Mapping[str, str]) -> JsonMap:
    """Read the texts of a path as the declared types; what does not fit stays text."""
    return {name: _read(declared.get(name), text) for name, text in given.items()}


def _faults(declared: Mapping[str, InputField], given: Mapping[str, JsonValue]) -> Iterator[str]:
    for name in sorted(given.keys() - declared.keys()):
        known = ", ".join(sorted(declared)) or "none"
        yield f"{name} is not an input of this directive (known: {known})."
    for name, field in declared.items():
        if name in given:
            yield from _value_faults(name, field, given[name])
        elif field.default is None:
            yield f"{name} is missing ({field.type})."


def _value_faults(name: str, field: InputField, value: JsonValue) -> Iterator[str]:
    if not isinstance(value, TYPES[field.type]) or _is_stray_boolean(field, value):
        yield f"{name} must be {field.type}."
        return
    if field.one_of is not None and value not in field.one_of:
        yield f"{name} must be one of {', '.join(map(str, field.one_of))}."
    size = _size(value)
    if size is not None and field.min is not None and size < field.min:
        yield f"{name} must be at least {field.min}."
    if size is not None and field.max is not None and size > field.max:
        yield f"{name} must be at most {field.max}."


def _is_stray_boolean(field: InputField, value: JsonValue) -> bool:
    return isinstance(value, bool) and field.type != "boolean"


def _size(value: JsonValue) -> int | float | None:
    """Return what min and max speak of: the number, or the length."""
    if isinstance(value, int | float):
        return value
    return len(value) if isinstance(value, str | list) else None


def _read(field: InputField | None, text: str) -> JsonValue:
    try:
        match field.type if field else "string":
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}.get(text, text)
            case _:
                return text
    except ValueError:
        return text
