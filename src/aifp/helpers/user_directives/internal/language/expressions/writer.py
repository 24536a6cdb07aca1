"""Conditions: tree to text, in normal form."""

from typing import assert_never

from aifp.helpers.user_directives.internal.language.expressions.tokens import quote
from aifp.helpers.user_directives.internal.language.expressions.tree import (
    ENTITY,
    RUN_ROOTS,
    And,
    Arithmetic,
    Between,
    Call,
    Compare,
    Computed,
    Constant,
    EntityRef,
    Expr,
    FullDate,
    Held,
    ListOf,
    Logic,
    Membership,
    MonthDay,
    Negative,
    Not,
    Null,
    Number,
    Or,
    Reference,
    RunPath,
    Special,
    SunTime,
    Test,
    Text,
    TextTest,
    TimeOfDay,
    Truth,
)
from aifp.helpers.user_directives.internal.language.grammar.durations import write_duration

# How tightly each part binds; a looser part inside a tighter one needs parentheses.
_OR, _AND, _NOT, _HELD, _TEST, _SUM, _PRODUCT, _UNARY, _ATOM = range(9)
_RESERVED = RUN_ROOTS | {"secrets", "secret"}


def write_expression(e: Expr) -> str:
    """Return the normal form: operators instead of words, only the parentheses that are needed."""
    match e:
        case Not() | And() | Or():
            return _logic(e)
        case Compare() | Membership() | Between() | TextTest() | Held():
            return _test(e)
        case ListOf() | Call() | Negative() | Arithmetic():
            return _computed(e)
        case RunPath() | EntityRef() | Special() | SunTime():
            return _reference(e)
        case _:
            return _constant(e)


def _inside(e: Expr, binding: int) -> str:
    text = write_expression(e)
    return text if _binding(e) >= binding else f"({text})"


def _beside_words(e: Expr) -> str:
    """Write a value where a word alone would be read as text."""
    text = _inside(e, _SUM)
    named = isinstance(e, RunPath | Special | SunTime) and text.isidentifier()
    return f"({text})" if named else text


def _binding(e: Expr) -> int:
    match e:
        case Or():
            return _OR
        case And():
            return _AND
        case Not():
            return _NOT
        case Held():
            return _HELD
        case Compare() | Membership() | Between() | TextTest():
            return _TEST
        case _:
            return _value_binding(e)


def _value_binding(e: Expr) -> int:
    match e:
        case Arithmetic(op="+" | "-"):
            return _SUM
        case Arithmetic():
            return _PRODUCT
        case Negative():
            return _UNARY
        case Number(value) if value < 0:
            return _UNARY
        case _:
            return _ATOM


def _logic(e: Logic) -> str:
    match e:
        case Not():
            return f"not {_inside(e.of, _NOT)}"
        case And():
            return " and ".join(_inside(part, _NOT) for part in e.parts)
        case Or():
            return " or ".join(_inside(part, _AND) for part in e.parts)
        case _:
            assert_never(e)


def _test(e: Test) -> str:
    match e:
        case Compare():
            return f"{_inside(e.left, _SUM)} {e.op} {_inside(e.right, _SUM)}"
        case Membership():
            word = "not in" if e.negated else "in"
            return f"{_inside(e.item, _SUM)} {word} {write_expression(e.options)}"
        case Between():
            ends = f"{_inside(e.low, _SUM)} and {_inside(e.high, _SUM)}"
            return f"{_inside(e.value, _SUM)} between {ends}"
        case TextTest():
            return f"{_inside(e.value, _SUM)} {e.op} {_beside_words(e.part)}"
        case Held():
            return f"{_inside(e.test, _TEST)} for {write_duration(e.ms)}"
        case _:
            assert_never(e)


def _computed(e: Computed) -> str:
    match e:
        case ListOf():
            return f"[{', '.join(_beside_words(item) for item in e.items)}]"
        case Call():
            return f"{e.function}({', '.join(write_expression(a) for a in e.arguments)})"
        case Negative():
            return f"-{_inside(e.of, _ATOM)}"
        case Arithmetic():
            binding = _value_binding(e)
            return f"{_inside(e.left, binding)} {e.op} {_inside(e.right, binding + 1)}"
        case _:
            assert_never(e)


def _reference(e: Reference) -> str:
    match e:
        case RunPath():
            return str(e.parts[0]) + "".join(_path_part(part) for part in e.parts[1:])
        case EntityRef():
            return _entity(e) + ("" if e.attribute is None else _path_part(e.attribute))
        case Special():
            return e.name
        case SunTime():
            return e.event + _offset(e.offset_ms)
        case _:
            assert_never(e)


def _entity(e: EntityRef) -> str:
    plain = ENTITY.fullmatch(e.entity) and e.entity.split(".")[0] not in _RESERVED
    return e.entity if plain else f"state({quote(e.entity)})"


def _path_part(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if part.isascii() and part.isidentifier() else f"[{quote(part)}]"


def _offset(ms: int) -> str:
    return f" {'+' if ms > 0 else '-'} {write_duration(abs(ms))}" if ms else ""


def _constant(e: Constant) -> str:
    match e:
        case Number():
            return repr(e.value)
        case Text():
            return quote(e.value)
        case Truth():
            return "true" if e.value else "false"
        case Null():
            return "null"
        case TimeOfDay() | FullDate() | MonthDay():
            return e.text
        case _:
            assert_never(e)
