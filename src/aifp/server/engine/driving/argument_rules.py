"""Which arguments a program may be given: the texts a person approved, any value for templates."""

from collections.abc import Sequence

from pydantic import JsonValue

from aifp.schemas.errors import InvalidArgument
from aifp.schemas.releases import Permission


def is_allowed(name: str, rule: JsonValue, asked: JsonValue) -> bool:
    """Say whether the args, cwd or env of a program are those that a rule names."""
    match name, rule, asked:
        case "args", list(), list():
            return _fits(rule, asked)
        case "env", list(), list():
            return all(variable in rule for variable in asked)
        case "cwd", str(), str():
            return _text_fits(rule, asked)
        case _:
            return False


def _fits(rule: list[JsonValue], arguments: list[JsonValue]) -> bool:
    """Say whether arguments are those of a rule, one by one."""
    pairs = list(zip(rule, arguments, strict=False))
    return len(rule) == len(arguments) and all(_text_fits(str(r), str(a)) for r, a in pairs)


def _text_fits(rule: str, text: str) -> bool:
    """Say whether a text is that of a rule, with anything in the place of each template."""
    first, *others = _pieces(rule)
    if not others:
        return text == first
    *between, last = others
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    # Each piece where it first comes leaves the most room for the next: nothing is tried twice.
    for piece in between:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def without_option(granted: Sequence[Permission], arguments: Sequence[str]) -> Permission:
    """Return the first permission under which no computed argument could be an option (E513)."""
    taken = [_computed_option(entry.value.get("args"), arguments) for entry in granted]
    for entry, option in zip(granted, taken, strict=True):
        if option is None:
            return entry
    raise InvalidArgument(
        f"E513: the argument {str(taken[0])[:80]!r} is computed and starts with `-`, which a "
        "program reads as an option. Put `--` before it in the directive."
    )


def _computed_option(rule: JsonValue, arguments: Sequence[str]) -> str | None:
    """Return the first computed argument that a program would read as an option of its own."""
    listed = rule if isinstance(rule, list) else []
    for approved, given in zip(listed, arguments, strict=False):
        if approved == "--":
            return None
        first, *others = _pieces(str(approved))
        if given.startswith("-") and others and not first:
            return given
    return None


def _pieces(rule: str) -> list[str]:
    """Return the texts before, between and after the templates of a rule."""
    pieces, at = list[str](), 0
    while (begin := rule.find("{{", at)) >= 0 and (end := rule.find("}}", begin + 2)) >= 0:
        pieces.append(rule[at:begin])
        at = end + 2
    return [*pieces, rule[at:]]
