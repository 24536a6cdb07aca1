"""A place in the tokens of a condition, and the faults told there."""

from collections.abc import Generator
from contextlib import contextmanager

from aifp.helpers.user_directives.internal.language.expressions.tokens import Token, tokenize
from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor as Place
from aifp.helpers.user_directives.internal.language.grammar.durations import take_duration

MAX_NESTING = 30
MAX_NODES = 200


class Cursor:
    """Walks the tokens; refuses what is not expected with its place."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = tokenize(source)
        self.index = 0
        self.depth = 0
        self.parts = 0

    @property
    def here(self) -> Token:
        """Return the token that comes next."""
        return self.tokens[self.index]

    @property
    def after(self) -> Token:
        """Return the token behind the next one."""
        return self.tokens[min(self.index + 1, len(self.tokens) - 1)]

    def take(self) -> Token:
        """Return the next token and go on."""
        token = self.here
        self.index = min(self.index + 1, len(self.tokens) - 1)
        return token

    def word(self) -> str:
        """Return the next token as a keyword, or nothing."""
        return self.here.text.lower() if self.here.kind == "word" else ""

    def accept(self, *words: str) -> bool:
        """Go on over these words if all of them come next."""
        coming = self.tokens[self.index : self.index + len(words)]
        if [t.text.lower() for t in coming if t.kind == "word"] != list(words):
            return False
        self.index += len(words)
        return True

    def accept_op(self, *ops: str) -> str:
        """Go on over one of these signs and return it, or nothing."""
        found = self.here.kind == "op" and self.here.text in ops
        return self.take().text if found else ""

    def demand_op(self, op: str) -> None:
        """Go on over this sign or refuse."""
        if not self.accept_op(op):
            raise self.unexpected(f"`{op}`")

    def count(self) -> None:
        """Count one more part while reading, so that no tree gets too deep to walk."""
        self.parts += 1
        if self.parts > MAX_NODES:
            raise LanguageFault("E404", self.here.start)

    def unexpected(self, expected: str) -> LanguageFault:
        """Return the fault that the next token does not fit."""
        return LanguageFault("E403", self.here.start, x=self.here.text, list=expected)

    @contextmanager
    def nested(self) -> Generator[None]:
        """Count one level of nesting."""
        if self.depth == MAX_NESTING:
            raise LanguageFault("E404", self.here.start)
        self.depth += 1
        yield
        self.depth -= 1

    def duration(self) -> int | None:
        """Read a duration in ms if one comes next."""
        place = Place(self.source, self.here.start)
        ms = take_duration(place)
        while ms is not None and self.here.start < place.pos and self.here.kind != "end":
            self.take()
        return ms


def moved(fault: LanguageFault, start: int) -> LanguageFault:
    """Return the same fault, told from the start of the text around it."""
    return LanguageFault(fault.code, start + fault.offset, **fault.names)
