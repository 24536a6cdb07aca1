"""Plain values of the right kind: text, whole number, boolean, map, list of texts."""

from typing import TypeGuard

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.schemas.common import JsonMap


def kind_of(value: JsonValue) -> str:
    """Return what people call the kind of a value."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "a map"


def wrong(path: str, wanted: str, value: JsonValue) -> LanguageFault:
    """Return the fault for a value of another kind."""
    key = path.rpartition("/")[2] or "directive"
    return LanguageFault("E203", k=key, type=wanted, found=kind_of(value))


def text(reading: Reading, path: str, value: JsonValue, limit: int) -> str | None:
    """Return a text of at most so many characters."""
    if not isinstance(value, str):
        reading.fault(path, wrong(path, "text", value))
        return None
    if len(value) > limit:
        reading.refuse(path, "E208", n=limit, things="characters")
        return None
    return value


def is_whole(value: JsonValue) -> TypeGuard[int]:
    """Say whether a value is an integer and not a boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


def whole(reading: Reading, path: str, value: JsonValue, low: int, high: int) -> int | None:
    """Return an integer in a range."""
    if is_whole(value) and low <= value <= high:
        return value
    fault = wrong(path, f"a whole number from {low} to {high}", value)
    if is_whole(value):
        fault.names["found"] = value
    reading.fault(path, fault)
    return None


def boolean(reading: Reading, path: str, value: JsonValue) -> bool | None:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    reading.fault(path, wrong(path, "true or false", value))
    return None


def plain_map(reading: Reading, path: str, value: JsonValue, limit: int) -> JsonMap:
    """Return a map of at most so many entries, empty when it is none."""
    if not isinstance(value, dict):
        reading.fault(path, wrong(path, "a map", value))
        return {}
    if len(value) > limit:
        reading.refuse(path, "E208", n=limit, things="entries")
        return {}
    return value


def items(path: str, value: JsonValue) -> list[tuple[str, JsonValue]]:
    """Return the values of a list with their paths; one value counts as a list of one."""
    if isinstance(value, list):
        return [(pointer(path, n), item) for n, item in enumerate(value)]
    return [(path, value)]


def texts(reading: Reading, path: str, value: JsonValue) -> list[tuple[str, str]]:
    """Return one text or a list of texts, each with its path; refuse templates in them."""
    found: list[tuple[str, str]] = []
    for where, item in items(path, value):
        if not isinstance(item, str):
            reading.fault(where, wrong(path, "text", item))
        elif "{{" in item:
            reading.refuse(where, "E509", field=path.split("/")[1])
        else:
            found.append((where, item))
    return found
