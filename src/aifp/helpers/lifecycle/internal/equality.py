"""When two results are the same: by canonical form, with what may differ left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from aifp.helpers.shared.hashing import canonical_bytes
from aifp.schemas.artifacts import TestCase
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.testing import Differences

# How many values that differ are shown.
SHOWN = 3
SHOWN_CHARACTERS = 200
# Items of a list without order that are compared each with each, when they are not written alike.
LOOKED_AT = 200
ANY_PLACE = "*"
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tolerated:
    """What may differ: dotted paths, lists whose order means nothing, and numbers by a little."""

    ignored: frozenset[Path] = frozenset()
    sets: frozenset[Path] = frozenset()
    by: float = 0.0


def tolerated(case: TestCase) -> Tolerated:
    """Return what a declared case lets differ."""
    return Tolerated(
        frozenset(path_of(text) for text in case.ignore_paths),
        frozenset(path_of(text) for text in case.set_paths),
        case.tolerance,
    )


def path_of(text: str) -> Path:
    """Return a dotted path in its parts; `*` stands for any one of them."""
    return tuple(part for part in text.split(".") if part)


def differences(
    expected: JsonValue, actual: JsonValue, may: Tolerated | None = None
) -> Differences:
    """Return in what two values differ; nothing when they are the same."""
    try:
        found = list(_compare((), expected, actual, may or Tolerated()))
    except RecursionError:
        return Differences(values=["the values are nested too deeply to be compared"])
    return Differences(
        missing=[place for kind, place, _ in found if kind == "missing"],
        extra=[place for kind, place, _ in found if kind == "extra"],
        values=[text for kind, _, text in found if kind == "value"][:SHOWN],
    )


def _compare(
    path: Path, expected: JsonValue, actual: JsonValue, may: Tolerated
) -> Iterator[tuple[str, str, str]]:
    if _is_named(path, may.ignored):
        return
    match expected, actual:
        case dict(), dict():
            yield from _maps(path, expected, actual, may)
        case list(), list():
            yield from _lists(path, expected, actual, may)
        case _:
            if not _same(expected, actual, may.by):
                told = f"{place_of(path)}: {_told(expected)} became {_told(actual)}"
                yield "value", place_of(path), told


def _maps(
    path: Path, expected: Mapping[str, JsonValue], actual: Mapping[str, JsonValue], may: Tolerated
) -> Iterator[tuple[str, str, str]]:
    for name in sorted({*expected, *actual}):
        inner = (*path, name)
        if name in expected and name in actual:
            yield from _compare(inner, expected[name], actual[name], may)
        elif not _is_named(inner, may.ignored):
            yield "missing" if name in expected else "extra", place_of(inner), ""


def _lists(
    path: Path, expected: Sequence[JsonValue], actual: Sequence[JsonValue], may: Tolerated
) -> Iterator[tuple[str, str, str]]:
    if _is_named(path, may.sets):
        expected, actual = _paired(path, expected, actual, may)
    for place in range(max(len(expected), len(actual))):
        inner = (*path, str(place))
        if place < min(len(expected), len(actual)):
            yield from _compare(inner, expected[place], actual[place], may)
        elif not _is_named(inner, may.ignored):
            yield "missing" if place < len(expected) else "extra", place_of(inner), ""


def _paired(
    path: Path, expected: Sequence[JsonValue], actual: Sequence[JsonValue], may: Tolerated
) -> tuple[list[JsonValue], list[JsonValue]]:
    """Return both lists with their equal items first, in the same order."""
    pairs, wanted, left = _equal_texts(expected, actual)
    other: list[JsonValue] = []
    for number, item in enumerate(wanted):
        if number >= LOOKED_AT:
            other += wanted[number:]
            break
        same = (i for i, had in enumerate(left[:LOOKED_AT]) if _is_same(path, item, had, may))
        place = next(same, None)
        if place is None:
            other.append(item)
        else:
            pairs.append((item, left.pop(place)))
    return [*(pair[0] for pair in pairs), *other], [*(pair[1] for pair in pairs), *left]


def _equal_texts(
    expected: Sequence[JsonValue], actual: Sequence[JsonValue]
) -> tuple[list[tuple[JsonValue, JsonValue]], list[JsonValue], list[JsonValue]]:
    """Return the pairs that are written alike, and what is left of both sides."""
    by_text: dict[str, list[JsonValue]] = {}
    for value in actual:
        by_text.setdefault(_text(value), []).append(value)
    pairs: list[tuple[JsonValue, JsonValue]] = []
    wanted: list[JsonValue] = []
    for value in expected:
        same = by_text.get(_text(value))
        if same:
            pairs.append((value, same.pop()))
        else:
            wanted.append(value)
    return pairs, wanted, [value for values in by_text.values() for value in values]


def _is_same(path: Path, expected: JsonValue, actual: JsonValue, may: Tolerated) -> bool:
    return next(_compare((*path, ANY_PLACE), expected, actual, may), None) is None


def _same(expected: JsonValue, actual: JsonValue, by: float) -> bool:
    if _is_number(expected) and _is_number(actual):
        return _same_number(expected, actual, by)
    if type(expected) is not type(actual):
        return False
    return expected == actual


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same_number(expected: JsonValue, actual: JsonValue, by: float) -> bool:
    if not isinstance(expected, int | float) or not isinstance(actual, int | float):
        return False
    try:
        return expected == actual or abs(expected - actual) <= by
    except OverflowError:
        return False


def _is_named(path: Path, named: frozenset[Path]) -> bool:
    return any(_fits(path, name) for name in named)


def _fits(path: Path, name: Path) -> bool:
    same_length = len(path) == len(name)
    return same_length and all(
        wanted in (ANY_PLACE, part) or part == ANY_PLACE
        for part, wanted in zip(path, name, strict=True)
    )


def place_of(path: Path) -> str:
    """Return a path as people read it."""
    return ".".join(path) or "the result"


def _told(value: JsonValue) -> str:
    text = _text(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def _text(value: JsonValue) -> str:
    try:
        return canonical_bytes(value).decode("utf-8")
    except InvalidArgument:
        return repr(value)
