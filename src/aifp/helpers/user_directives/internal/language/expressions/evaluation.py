"""Conditions: tree to true, false or unknown."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never

from aifp.helpers.user_directives.internal.language.expressions.functions import PURE, finite
from aifp.helpers.user_directives.internal.language.expressions.tree import (
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
from aifp.helpers.user_directives.internal.language.expressions.values import (
    UNKNOWN,
    DayOfYear,
    Unknown,
    Value,
    Verdict3,
    as_number,
    between,
    compare,
    member,
    text_test,
)
from aifp.helpers.user_directives.internal.language.expressions.world import World
from aifp.helpers.user_directives.internal.language.expressions.writer import write_expression

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Verdict:
    """True, false or None: unknown; then `unknown` names what could not be read, as written."""

    value: bool | None
    unknown: tuple[str, ...] = ()


def evaluate(e: Expr, world: World) -> Verdict:
    """Test a condition in three-valued logic."""
    test = _Evaluation(world)
    result = test.value(e)
    if isinstance(result, bool):
        return Verdict(result)
    return Verdict(None, tuple(dict.fromkeys(test.unknown)) or (write_expression(e),))


class _Evaluation:
    """One test of one condition; remembers what could not be read."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.unknown: list[str] = []

    def value(self, e: Expr) -> Value:
        match e:
            case Not() | And() | Or():
                return self._logic(e)
            case Compare() | Membership() | Between() | TextTest() | Held():
                return self._test(e)
            case ListOf() | Call() | Negative() | Arithmetic():
                return self._computed(e)
            case RunPath() | EntityRef() | Special() | SunTime():
                return self._noted(e)
            case _:
                return constant(e)

    def _truth(self, e: Expr) -> Verdict3:
        value = self.value(e)
        return value if isinstance(value, bool) else UNKNOWN

    def _logic(self, e: Logic) -> Verdict3:
        match e:
            case Not():
                truth = self._truth(e.of)
                return UNKNOWN if truth is UNKNOWN else not truth
            case And():
                return _decided([self._truth(part) for part in e.parts], by=False)
            case Or():
                return _decided([self._truth(part) for part in e.parts], by=True)
            case _:
                assert_never(e)

    def _test(self, e: Test) -> Verdict3:
        match e:
            case Compare():
                return compare(e.op, self.value(e.left), self.value(e.right))
            case Membership():
                found = member(self.value(e.item), [self.value(o) for o in e.options.items])
                return not found if e.negated and isinstance(found, bool) else found
            case Between():
                return between(self.value(e.value), self.value(e.low), self.value(e.high))
            case TextTest():
                return text_test(e.op, self.value(e.value), self.value(e.part))
            case Held():
                return self._held(e)
            case _:
                assert_never(e)

    def _held(self, e: Held) -> Verdict3:
        truth = self._truth(e.test)
        if truth is not True:
            return truth
        since = self.world.since(write_expression(e.test))
        return since is not None and self._elapsed(since) >= timedelta(milliseconds=e.ms)

    def _elapsed(self, since: datetime) -> timedelta:
        # In UTC: two local times of one zone would differ by the clock, not by elapsed time.
        return self.world.now().astimezone(UTC) - since.astimezone(UTC)

    def _computed(self, e: Computed) -> Value:
        match e:
            case ListOf():
                return self._list(e)
            case Call():
                return self._call(e)
            case Negative():
                number = as_number(self.value(e.of))
                return UNKNOWN if number is None else -number
            case Arithmetic():
                return arithmetic(e, self.value(e.left), self.value(e.right))
            case _:
                assert_never(e)

    def _list(self, e: ListOf) -> Value:
        values = [self.value(item) for item in e.items]
        plain = [v for v in values if not isinstance(v, Unknown | time | date | DayOfYear)]
        return plain if len(plain) == len(values) else UNKNOWN

    def _call(self, e: Call) -> Value:
        if e.function == "known":
            return self._known(e.arguments[0])
        if e.function == "age":
            return self._age(e.arguments[0])
        arguments = [self.value(argument) for argument in e.arguments]
        return UNKNOWN if UNKNOWN in arguments else PURE[e.function](arguments)

    def _known(self, argument: Expr) -> bool:
        value = _Evaluation(self.world).value(argument)  # asking is no reason to be unknown
        return value is not UNKNOWN and value is not None

    def _age(self, argument: Expr) -> Value:
        if not isinstance(argument, EntityRef):
            return UNKNOWN
        changed = self.world.changed(argument.entity, argument.attribute)
        if changed is None:
            self.unknown.append(write_expression(argument))
            return UNKNOWN
        return self._elapsed(changed).total_seconds()

    def _noted(self, e: Reference) -> Value:
        value = self._look(e)
        if value is UNKNOWN or value is None:
            self.unknown.append(write_expression(e))
        return value

    def _look(self, e: Reference) -> Value:
        match e:
            case RunPath():
                return self.world.data(e.parts)
            case EntityRef():
                return self.world.entity(e.entity, e.attribute)
            case Special():
                return self._special(e)
            case SunTime():
                instant = self.world.sun(e.event)
                if instant is None:
                    return UNKNOWN
                moved = instant.astimezone(UTC) + timedelta(milliseconds=e.offset_ms)
                return clock_of(moved.astimezone(instant.tzinfo))
            case _:
                assert_never(e)

    def _special(self, e: Special) -> Value:
        now = self.world.now()
        match e.name:
            case "time":
                return clock_of(now)
            case "date":
                return now.date()
            case "weekday":
                return _WEEKDAYS[now.weekday()]
            case "day":
                return now.day
            case "month":
                return now.month
            case "sun":
                up = self.world.sun_is_up()
                return UNKNOWN if up is None else ("up" if up else "down")


def clock_of(instant: datetime) -> time:
    """Return the local time of day in whole seconds."""
    return instant.time().replace(microsecond=0, fold=0)


def constant(e: Constant) -> Value:
    """Return the value of what is written out."""
    match e:
        case Number() | Text() | Truth():
            return e.value
        case Null():
            return None
        case TimeOfDay():
            return time.fromisoformat(e.text)
        case FullDate():
            return date.fromisoformat(e.text)
        case MonthDay():
            return DayOfYear(int(e.text[:2]), int(e.text[3:]))
        case _:
            assert_never(e)


def arithmetic(e: Arithmetic, left: Value, right: Value) -> Value:
    """Calculate with two numbers, also with texts that look like numbers."""
    a, b = as_number(left), as_number(right)
    if a is None or b is None or (e.op == "/" and b == 0):
        return UNKNOWN
    try:
        return finite(_calculated(e, a, b))
    except OverflowError:
        return UNKNOWN


def _calculated(e: Arithmetic, a: int | float, b: int | float) -> int | float:
    match e.op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b


def _decided(truths: list[Verdict3], *, by: bool) -> Verdict3:
    if by in truths:
        return by
    return UNKNOWN if UNKNOWN in truths else not by
