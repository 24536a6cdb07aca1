"""Strict JSON (RFC 8259) with places: no key twice, no comments, no lone surrogates."""

import re
from itertools import islice

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.source.nodes import (
    MAX_VALUES,
    Builder,
    Leaf,
    ListNode,
    MapNode,
    Node,
    Scalar,
)
from aifp.helpers.user_directives.internal.language.source.refusal import SourceFault, Spot, spot_at
from aifp.helpers.user_directives.internal.language.source.scalars import decimal, integer

TEXT_OR_COMMA = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|,')
SPACE = re.compile(r"[ \t\n\r]*")
CHUNK = re.compile(r'[^"\\\n\r\t]*')
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
HEX = re.compile(r"[0-9a-fA-F]{4}")
WORD = re.compile(r"-?[A-Za-z]+")
WORDS: dict[str, Scalar] = {"null": None, "true": True, "false": False}
NOT_FINITE = {"NaN", "Infinity", "-Infinity"}
ESCAPES = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip


def read_json(text: str, builder: Builder) -> Node:
    """Return the one value of a JSON text as nodes."""
    refuse_many_values(text)
    scanner = Scanner(text, builder)
    root = scanner.value(1)
    scanner.skip()
    if scanner.at < len(text):
        raise scanner.refuse("something follows the end of the value")
    return root


def refuse_many_values(text: str) -> None:
    """Refuse a text with too many commas outside its texts before any value is read."""
    if text.count(",") < MAX_VALUES:
        return
    commas = (found for found in TEXT_OR_COMMA.finditer(text) if found[0] == ",")
    if last := next(islice(commas, MAX_VALUES - 1, None), None):
        raise SourceFault("E104", spot_at(text, last.end()))


class Scanner:
    """Reads forward through the text, counting lines as it goes."""

    def __init__(self, text: str, builder: Builder) -> None:
        self.text, self.builder, self.at = text, builder, 0
        self.line, self.line_start = 1, 0

    def spot(self) -> Spot:
        """Return the spot of the current character."""
        return Spot(self.line, self.at - self.line_start + 1)

    def refuse(self, reason: str) -> SourceFault:
        """Return the fault for a syntax error here."""
        return SourceFault("E111", self.spot(), reason=reason)

    def skip(self) -> None:
        """Skip white space and keep count of the lines."""
        match = SPACE.match(self.text, self.at)
        end = match.end() if match else self.at
        if breaks := self.text.count("\n", self.at, end):
            self.line += breaks
            self.line_start = self.text.rfind("\n", self.at, end) + 1
        self.at = end

    def peek(self) -> str:
        """Skip white space and return the next character, empty at the end."""
        self.skip()
        return self.text[self.at : self.at + 1]

    def value(self, depth: int) -> Node:
        """Read one value."""
        character = self.peek()
        spot, start = self.spot(), self.at
        if character == "{":
            self.builder.count(spot, depth)
            return self.map(MapNode(spot, start), depth)
        if character == "[":
            self.builder.count(spot, depth)
            return self.list(ListNode(spot, start), depth)
        self.builder.count(spot)
        if character == '"':
            text, spot = self.string(spot)
            return Leaf(text, spot, start, self.at)
        return Leaf(self.bare(spot), spot, start, self.at)

    def map(self, node: MapNode, depth: int) -> MapNode:
        """Read the members of an object."""
        self.at += 1
        if self.peek() != "}":
            self.member(node, depth)
            while self.more("}"):
                self.member(node, depth)
        self.at += 1
        node.end = self.at
        return node

    def member(self, node: MapNode, depth: int) -> None:
        """Read one key and its value."""
        if self.peek() != '"':
            raise self.refuse("expected a key in double quotes")
        start = self.at
        key, spot = self.string(self.spot())
        if self.peek() != ":":
            raise self.refuse("expected `:` after the key")
        self.at += 1
        node.key_starts.setdefault(key, start)
        self.builder.put(node, key, self.value(depth + 1), spot)

    def list(self, node: ListNode, depth: int) -> ListNode:
        """Read the items of an array."""
        self.at += 1
        if self.peek() != "]":
            node.items.append(self.value(depth + 1))
            while self.more("]"):
                node.items.append(self.value(depth + 1))
        self.at += 1
        node.end = self.at
        return node

    def more(self, end: str) -> bool:
        """Say whether a comma comes next; refuse anything but a comma and the end."""
        character = self.peek()
        if character == ",":
            self.at += 1
            return True
        if character != end:
            raise self.refuse(f"expected `,` or `{end}`")
        return False

    def string(self, spot: Spot) -> tuple[str, Spot]:
        """Read a text in double quotes."""
        start = self.at
        self.at += 1
        pieces = [self.chunk()]
        while self.text[self.at : self.at + 1] == "\\":
            pieces.append(self.escape())
            pieces.append(self.chunk())
        if self.text[self.at : self.at + 1] != '"':
            raise self.refuse("a text must end with a quote on its line, tabs are written \\t")
        self.at += 1
        spot = spot._replace(quoted=1, folded=len(pieces) > 1)
        return self.builder.text("".join(pieces), spot, start), spot

    def chunk(self) -> str:
        """Read characters that stand for themselves."""
        match = CHUNK.match(self.text, self.at)
        piece = match[0] if match else ""
        self.at += len(piece)
        return piece

    def escape(self) -> str:
        """Read one escape; a pair of surrogates is one character."""
        letter = self.text[self.at + 1 : self.at + 2]
        if letter != "u":
            if letter not in ESCAPES:
                raise self.refuse("unknown escape")
            self.at += 2
            return ESCAPES[letter]
        code = self.code_unit()
        if 0xD800 <= code < 0xDC00 and self.text[self.at : self.at + 2] == "\\u":
            low = self.code_unit()
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
        if 0xD800 <= code < 0xE000:
            raise self.refuse("a lone surrogate is not text")
        return chr(code)

    def code_unit(self) -> int:
        """Read the four digits of a \\u escape."""
        digits = HEX.match(self.text, self.at + 2)
        if not digits:
            raise self.refuse("\\u needs four hexadecimal digits")
        self.at += 6
        return int(digits[0], 16)

    def bare(self, spot: Spot) -> Scalar:
        """Read a number, true, false or null."""
        if word := WORD.match(self.text, self.at):
            return self.word(word[0], spot)
        number = NUMBER.match(self.text, self.at)
        if not number or self.text[number.end() : number.end() + 1].isalnum():
            raise self.refuse(self.reason())
        start = self.at
        self.at = number.end()
        try:
            return (
                decimal(number[0]) if number[1] or number[2] else integer(number[0], 10, number[0])
            )
        except LanguageFault as fault:
            self.builder.note(spot, start, fault)
            return None

    def word(self, word: str, spot: Spot) -> Scalar:
        """Return the value of true, false and null."""
        if word in NOT_FINITE:
            self.builder.note(spot, self.at, LanguageFault("E112", x=word))
        elif word not in WORDS:
            raise self.refuse(f"text needs double quotes: {word}")
        self.at += len(word)
        return WORDS.get(word)

    def reason(self) -> str:
        """Return why no value starts here."""
        character = self.text[self.at : self.at + 1]
        if not character:
            return "the text ends too early"
        return "comments are not JSON" if character in "/#" else f"unexpected {character!r}"
