"""Which arguments a program may be given: the texts a person approved, any value for templates."""

import re
from collections.abc import Sequence
from functools import cache

from pydantic import JsonValue

from aifp.schemas.errors import InvalidArgument

TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


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
    return _pattern(rule).fullmatch(text) is not None


def require_no_option(rule: JsonValue, arguments: Sequence[str]) -> None:
    """Refuse a computed argument that a program would read as an option of its own (E513)."""
    listed = rule if isinstance(rule, list) else []
    for approved, given in zip(listed, arguments, strict=False):
        if approved == "--":
            return
        if given.startswith("-") and TEMPLATE.match(str(approved)):
            raise InvalidArgument(
                f"E513: the argument {given[:80]!r} is computed and starts with `-`, which a "
                "program reads as an option. Put `--` before it in the directive."
            )


@cache
def _pattern(rule: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, TEMPLATE.split(rule))), re.DOTALL)
