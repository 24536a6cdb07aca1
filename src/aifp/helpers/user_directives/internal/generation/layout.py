"""Python expressions as text that fits the line."""

from dataclasses import dataclass

from pydantic import JsonValue

WIDTH = 100
STEP = "    "


@dataclass(frozen=True, slots=True)
class Raw:
    """Source text that is written as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A JSON value, written as a Python literal."""

    value: JsonValue


@dataclass(frozen=True, slots=True)
class Call:
    """A call with positional and keyword arguments."""

    function: str
    arguments: tuple["Expression", ...] = ()
    keywords: tuple[tuple[str, "Expression"], ...] = ()


Expression = Raw | Literal | Call


def text_literal(text: str) -> str:
    """Return a text as a literal, in double quotes unless those need more escapes."""
    written = repr(text)
    if written.startswith('"') or text.count('"') > text.count("'"):
        return written
    return '"' + written[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'


def flat(expression: Expression) -> str:
    """Write an expression on one line."""
    match expression:
        case Raw(text):
            return text
        case Literal(value):
            return _flat_value(value)
        case Call(function):
            parts = ", ".join(prefix + flat(part) for prefix, part in _parts(expression))
            return f"{function}({parts})"


def layout(expression: Expression, indent: int = 0, lead: int = 0, tail: int = 0) -> str:
    """Write an expression, broken over lines when it does not fit.

    indent counts steps, lead and tail the characters before and after it on its own line.
    """
    line = flat(expression)
    if len(STEP) * indent + lead + len(line) + tail <= WIDTH:
        return line
    match expression:
        case Raw(text):
            return text
        case Literal(value):
            return _broken_value(value, indent)
        case Call(function):
            return _block(f"{function}(", _parts(expression), ")", indent)


def _parts(call: Call) -> list[tuple[str, Expression]]:
    named = [(f"{name}=", value) for name, value in call.keywords]
    return [("", value) for value in call.arguments] + named


def _flat_value(value: JsonValue) -> str:
    match value:
        case str():
            return text_literal(value)
        case dict():
            return "{" + ", ".join(p + flat(v) for p, v in _items(value)) + "}"
        case list():
            return "[" + ", ".join(flat(v) for _, v in _elements(value)) + "]"
        case _:
            return repr(value)


def _broken_value(value: JsonValue, indent: int) -> str:
    match value:
        case dict() if value:
            return _block("{", _items(value), "}", indent)
        case list() if value:
            return _block("[", _elements(value), "]", indent)
        case _:
            return _flat_value(value)


def _items(value: dict[str, JsonValue]) -> list[tuple[str, Expression]]:
    return [(f"{_flat_value(key)}: ", Literal(part)) for key, part in value.items()]


def _elements(value: list[JsonValue]) -> list[tuple[str, Expression]]:
    return [("", Literal(part)) for part in value]


def _block(opening: str, parts: list[tuple[str, Expression]], closing: str, indent: int) -> str:
    inner = STEP * (indent + 1)
    lines = [
        f"{inner}{prefix}{layout(part, indent + 1, len(prefix), 1)}," for prefix, part in parts
    ]
    return "\n".join([opening, *lines, STEP * indent + closing])


def statement(prefix: str, expression: Expression, indent: int) -> list[str]:
    """Write `prefix expression` as the lines of one statement."""
    return (STEP * indent + prefix + layout(expression, indent, len(prefix))).split("\n")


def safe_text(text: str) -> str:
    """Return a text that cannot end the docstring it stands in."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(plain.replace("\\", "/").replace('"', "'").split())


def doc_text(text: str, room: int) -> str:
    """Return a text that is safe and short enough for a one-line docstring."""
    plain = safe_text(text)
    plain = plain if len(plain) <= room else plain[: room - 3].rstrip() + "..."
    return plain if plain.endswith((".", "!", "?")) else plain + "."
