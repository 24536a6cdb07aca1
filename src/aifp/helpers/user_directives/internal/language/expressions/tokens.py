"""A condition cut into tokens."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from aifp.helpers.user_directives.internal.language.faults import LanguageFault

MAX_CHARACTERS = 2_000

TokenKind = Literal["date", "monthday", "time", "number", "text", "word", "op", "end"]

_TOKEN = re.compile(
    r"""
    (?P<date>\d{4}-\d{2}-\d{2}(?!\d))
  | (?P<monthday>(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\d-]))
  | (?P<time>\d{1,2}(?::\d{2}){1,2}(?:\s*(?:[ap]\.m\.|[ap]m\b))?|\d{1,2}\s*(?:[ap]\.m\.|[ap]m\b))
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<op>==|!=|<=|>=|&&|\|\||[-+*/<>=!%()\[\],.])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE | re.ASCII,
)
_KINDS: dict[str, TokenKind] = {kind: kind for kind in get_args(TokenKind)}
_SPACE = re.compile(r"\s*")
_ESCAPE = re.compile(r"""\\(["'\\])""")


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `start` and `end` are character offsets."""

    kind: TokenKind
    text: str
    start: int
    end: int


def tokenize(source: str) -> list[Token]:
    """Cut a condition into tokens; the last one is `end`."""
    _refuse_at_once(source)
    tokens: list[Token] = []
    position = _skip_spaces(source, 0)
    while position < len(source):
        token = _token_at(source, position)
        tokens.append(token)
        position = _skip_spaces(source, token.end)
    tokens.append(Token("end", "the end", len(source), len(source)))
    return tokens


def unquote(text: str) -> str:
    r"""Return what a quoted text says; a backslash escapes quotes and itself only."""
    return _ESCAPE.sub(r"\1", text[1:-1])


def quote(text: str) -> str:
    """Return a text in double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _refuse_at_once(source: str) -> None:
    if len(source) > MAX_CHARACTERS:
        raise LanguageFault("E401", MAX_CHARACTERS, n=len(source))
    for mark in ("{{", "{%", "{#"):
        if mark in source:
            raise LanguageFault("E409", source.index(mark))


def _skip_spaces(source: str, position: int) -> int:
    found = _SPACE.match(source, position)
    return found.end() if found else position


def _token_at(source: str, position: int) -> Token:
    found = _TOKEN.match(source, position)
    if found is None:
        raise LanguageFault("E402", position, c=source[position])
    return Token(_KINDS[found.lastgroup or ""], found[0], position, found.end())
