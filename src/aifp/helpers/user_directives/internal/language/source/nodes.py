"""Plain values with the place of each, and the limits that hold while they are built."""

from dataclasses import dataclass, field

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.source.encoding import (
    hex_of,
    refused_character,
)
from aifp.helpers.user_directives.internal.language.source.refusal import SourceFault, Spot
from aifp.schemas.reading import Place

MAX_DEPTH = 40
MAX_VALUES = 50_000
MAX_TEXT_BYTES = 65_536
MAX_KEY = 200
# JSON pointers never hold `~` before a letter, so a key's own place cannot clash with a value's.
KEY_MARK = "~key"

Scalar = str | int | float | bool | None


@dataclass
class Leaf:
    """One text, number, boolean or null."""

    value: Scalar
    spot: Spot
    start: int
    end: int


@dataclass
class ListNode:
    """A list of nodes."""

    spot: Spot
    start: int
    end: int = 0
    items: list["Node"] = field(default_factory=lambda: [])


@dataclass
class MapNode:
    """A map of nodes, with the place and index of each key."""

    spot: Spot
    start: int
    end: int = 0
    entries: dict[str, "Node"] = field(default_factory=lambda: {})
    keys: dict[str, Spot] = field(default_factory=lambda: {})
    key_starts: dict[str, int] = field(default_factory=lambda: {})


Node = Leaf | ListNode | MapNode


@dataclass
class Finding:
    """A fault or warning at one value; the other values are still read."""

    fault: LanguageFault
    spot: Spot
    index: int


@dataclass
class Builder:
    """Counts values, watches limits and collects what is wrong with single values."""

    findings: list[Finding] = field(default_factory=lambda: [])
    values: int = 0

    def note(self, spot: Spot, index: int, fault: LanguageFault) -> None:
        """Note a fault of one value."""
        self.findings.append(Finding(fault, spot, index))

    def count(self, spot: Spot, depth: int = 0) -> None:
        """Count one value; refuse the file when a limit is passed."""
        self.values += 1
        if depth > MAX_DEPTH:
            raise SourceFault("E103", spot)
        if self.values > MAX_VALUES:
            raise SourceFault("E104", spot)

    def text(self, value: str, spot: Spot, index: int) -> str:
        """Check one text: its size, and characters that came in through escapes."""
        if len(value) * 4 > MAX_TEXT_BYTES and len(value.encode("utf-8")) > MAX_TEXT_BYTES:
            raise SourceFault("E105", spot)
        if found := refused_character(value):
            self.note(spot, index, LanguageFault("E113", hex=hex_of(found[0])))
        return value

    def put(self, node: MapNode, key: str, value: Node, spot: Spot) -> None:
        """Put a value under its key; the first of two equal keys stays."""
        if key in node.entries:
            fault = LanguageFault("E108", k=key, n=node.keys[key].line)
            self.note(spot, value.start, fault)
            return
        if len(key) > MAX_KEY:
            fault = LanguageFault("E208", n=MAX_KEY, things="characters in a key")
            self.note(spot, value.start, fault)
        node.entries[key] = value
        node.keys[key] = spot


def pointer(path: str, part: str | int) -> str:
    """Return the JSON pointer of a value inside the one at a path."""
    text = str(part)
    if "~" in text or "/" in text:
        text = text.replace("~", "~0").replace("/", "~1")
    return f"{path}/{text}"


def plain(node: Node, path: str, places: dict[str, Place]) -> JsonValue:
    """Return the plain value of a node and note the place of everything in it."""
    places[path] = node.spot.place()
    if isinstance(node, Leaf):
        return node.value
    if isinstance(node, ListNode):
        return [plain(item, pointer(path, n), places) for n, item in enumerate(node.items)]
    for key, spot in node.keys.items():
        places[pointer(path, key) + KEY_MARK] = spot.place()
    return {key: plain(item, pointer(path, key), places) for key, item in node.entries.items()}
