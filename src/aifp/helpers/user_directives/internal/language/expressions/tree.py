"""The parts of a condition: a closed tree of frozen nodes."""

import re
from dataclasses import dataclass
from typing import Literal

RUN_ROOTS = frozenset({"input", "vars", "steps", "trigger", "run", "read", "item", "memory"})
ENTITY = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")

SpecialName = Literal["time", "date", "weekday", "day", "month", "sun"]
SunEvent = Literal["sunrise", "sunset"]
CompareOp = Literal["==", "!=", "<", "<=", ">", ">="]
TextOp = Literal["contains", "matches", "starts with", "ends with"]
ArithmeticOp = Literal["+", "-", "*", "/"]


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number; whole numbers are integers."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Text:
    """A text, quoted or a bare word."""

    value: str


@dataclass(frozen=True, slots=True)
class Truth:
    """True or false."""

    value: bool


@dataclass(frozen=True, slots=True)
class Null:
    """No value."""


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A local time, HH:MM or HH:MM:SS."""

    text: str


@dataclass(frozen=True, slots=True)
class FullDate:
    """A local date, YYYY-MM-DD."""

    text: str


@dataclass(frozen=True, slots=True)
class MonthDay:
    """A day of any year, MM-DD."""

    text: str


@dataclass(frozen=True, slots=True)
class SunTime:
    """Today's sunrise or sunset, with an offset."""

    event: SunEvent
    offset_ms: int = 0


@dataclass(frozen=True, slots=True)
class ListOf:
    """A written list."""

    items: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class RunPath:
    """A value of the run: input, vars, steps, trigger, run, read, item or memory."""

    parts: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class EntityRef:
    """The state of an entity, or one of its attributes."""

    entity: str
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class Special:
    """A value of the moment."""

    name: SpecialName


@dataclass(frozen=True, slots=True)
class Call:
    """One of the twelve functions; `state` never gets here, it is an EntityRef."""

    function: str
    arguments: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Negative:
    """The number with the other sign."""

    of: "Expr"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers make one."""

    op: ArithmeticOp
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values side by side."""

    op: CompareOp
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Membership:
    """Is the value one of the list."""

    item: "Expr"
    options: ListOf
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """Is the value inside a range; times exclude the end and wrap, dates wrap."""

    value: "Expr"
    low: "Expr"
    high: "Expr"


@dataclass(frozen=True, slots=True)
class TextTest:
    """Does a text (or, for contains, a list) have this part."""

    op: TextOp
    value: "Expr"
    part: "Expr"


@dataclass(frozen=True, slots=True)
class Held:
    """Has the test been true without a break for so long."""

    test: "Expr"
    ms: int


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    of: "Expr"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more."""

    parts: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more."""

    parts: tuple["Expr", ...]


Constant = Number | Text | Truth | Null | TimeOfDay | FullDate | MonthDay
Reference = RunPath | EntityRef | Special | SunTime
Computed = ListOf | Call | Negative | Arithmetic
Test = Compare | Membership | Between | TextTest | Held
Logic = Not | And | Or
Expr = Constant | Reference | Computed | Test | Logic


def children(node: Expr) -> tuple[Expr, ...]:
    """Return the parts of a node, from left to right."""
    match node:
        case ListOf(items) | And(items) | Or(items):
            return items
        case Call():
            return node.arguments
        case Arithmetic() | Compare():
            return (node.left, node.right)
        case Membership() | Between() | TextTest() | Held() | Not() | Negative():
            return _operands(node)
        case _:
            return ()


def _operands(node: Membership | Between | TextTest | Held | Not | Negative) -> tuple[Expr, ...]:
    match node:
        case Membership():
            return (node.item, node.options)
        case Between():
            return (node.value, node.low, node.high)
        case TextTest():
            return (node.value, node.part)
        case Held():
            return (node.test,)
        case Not() | Negative():
            return (node.of,)


def both(*parts: Expr) -> Expr:
    """Join with `and`, flat; one part stays as it is."""
    flat = tuple(p for part in parts for p in (part.parts if isinstance(part, And) else (part,)))
    return flat[0] if len(flat) == 1 else And(flat)


def either(*parts: Expr) -> Expr:
    """Join with `or`, flat; one part stays as it is."""
    flat = tuple(p for part in parts for p in (part.parts if isinstance(part, Or) else (part,)))
    return flat[0] if len(flat) == 1 else Or(flat)
