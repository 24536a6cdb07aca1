"""A place in a text that moves forward as words are taken; keywords ignore case."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, TypeVar

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import Ask, LanguageFault

T = TypeVar("T")
# ASCII: with Unicode rules, ignoring case would take the Kelvin sign for a k.
FLAGS = re.IGNORECASE | re.ASCII
_SPACE = re.compile(r"\s*", FLAGS)
_NEAR = re.compile(r"[^\s,]+|,\s*[^\s,]*", FLAGS)
_SEPARATOR = re.compile(r",\s*and\b|,|and\b", FLAGS)
_LONGEST_QUOTE = 40


def pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern with the flags of this language."""
    return re.compile(text, FLAGS)


@lru_cache(maxsize=512)
def _phrase(words: str) -> re.Pattern[str]:
    return pattern(r"\s+".join(map(re.escape, words.split())) + r"(?![A-Za-z0-9_])")


class Cursor:
    """Takes words off the front of a text and knows the offset of each."""

    def __init__(self, text: str, pos: int = 0) -> None:
        self.text, self.pos = text, pos

    def skip(self) -> int:
        """Pass spaces and return the offset of what follows."""
        space = _SPACE.match(self.text, self.pos)
        self.pos = space.end() if space else self.pos
        return self.pos

    def take(self, wanted: re.Pattern[str]) -> re.Match[str] | None:
        """Take what the pattern matches here, or nothing."""
        found = wanted.match(self.text, self.skip())
        if found:
            self.pos = found.end()
        return found

    def peek(self, wanted: re.Pattern[str]) -> bool:
        """Say whether the pattern matches here."""
        return wanted.match(self.text, self.skip()) is not None

    def keyword(self, *phrases: str) -> str | None:
        """Take the first of these phrases that stands here, and return it."""
        return next((p for p in phrases if self.take(_phrase(p))), None)

    def ahead(self, *phrases: str) -> bool:
        """Say whether one of these phrases stands here."""
        return any(self.peek(_phrase(p)) for p in phrases)

    def done(self) -> bool:
        """Say whether only spaces are left."""
        return self.skip() == len(self.text)

    def near(self) -> str:
        """Return the word that stands here, for messages."""
        found = _NEAR.match(self.text, self.skip())
        return found[0][:_LONGEST_QUOTE] if found else ""

    def fault(self, code: str, **names: object) -> LanguageFault:
        """Make a fault at this place; `x` is the word that stands here unless told."""
        names.setdefault("x", self.near())
        return LanguageFault(code, self.skip(), **names)

    def finish(self, code: str = "E330") -> None:
        """Refuse anything left over."""
        if not self.done():
            raise self.fault(code)


def take_list(cursor: Cursor, item: Callable[[Cursor], T | None]) -> list[T]:
    """Take items with `,`, `and` or `, and` between; a separator without an item is left."""
    found: list[T] = []
    while True:
        start = cursor.pos
        if found and not cursor.take(_SEPARATOR):
            return found
        value = item(cursor)
        if value is None:
            cursor.pos = start
            return found
        found.append(value)


def refuse_open_list(cursor: Cursor, looks: re.Pattern[str], code: str) -> None:
    """Refuse a separator followed by something that looks like an item but is none."""
    start = cursor.pos
    if cursor.take(_SEPARATOR) and cursor.peek(looks):
        raise cursor.fault(code)
    cursor.pos = start


def first_choice(
    question_id: str,
    text: str,
    choices: Sequence[JsonValue] = (),
    default: JsonValue = None,
    who: Literal["any", "person"] = "any",
) -> JsonValue:
    """Answer with the default or the first choice; for looking whether a text can be read."""
    return default if default is not None else choices[0]


def read_whole(text: str, take: Callable[[Cursor, Ask], T], ask: Ask) -> T:
    """Read a whole text; faults are found before a person is asked anything."""
    _read(text, take, first_choice)
    return _read(text, take, ask)


def _read(text: str, take: Callable[[Cursor, Ask], T], ask: Ask) -> T:
    cursor = Cursor(text)
    value = take(cursor, ask)
    cursor.finish()
    return value
