"""Conditions: text to tree."""

from collections.abc import Callable, Iterator

from aifp.helpers.user_directives.internal.language.expressions.atoms import Atoms, plain_number
from aifp.helpers.user_directives.internal.language.expressions.cursor import MAX_NODES
from aifp.helpers.user_directives.internal.language.expressions.tree import (
    Arithmetic,
    ArithmeticOp,
    Between,
    Call,
    Compare,
    CompareOp,
    Expr,
    FullDate,
    Held,
    ListOf,
    Membership,
    MonthDay,
    Negative,
    Not,
    Null,
    Number,
    Special,
    SunTime,
    Text,
    TextOp,
    TextTest,
    TimeOfDay,
    Truth,
    both,
    children,
    either,
)
from aifp.helpers.user_directives.internal.language.faults import LanguageFault

_COMPARES: dict[str, CompareOp] = {
    "==": "==",
    "!=": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
_RELATIONS: dict[str, CompareOp] = {
    "above": ">",
    "over": ">",
    "after": ">",
    "exceeds": ">",
    "below": "<",
    "under": "<",
    "before": "<",
}
_RELATIONS_AFTER_IS: dict[tuple[str, str], CompareOp] = {
    ("more", "than"): ">",
    ("greater", "than"): ">",
    ("less", "than"): "<",
    ("at", "least"): ">=",
    ("at", "most"): "<=",
}
_TEXT_TESTS: dict[tuple[str, ...], TextOp] = {
    ("contains",): "contains",
    ("matches",): "matches",
    ("starts", "with"): "starts with",
    ("ends", "with"): "ends with",
}
_SUMS: dict[str, ArithmeticOp] = {"+": "+", "-": "-"}
_PRODUCTS: dict[str, ArithmeticOp] = {"*": "*", "/": "/"}
_NEVER_A_NUMBER = (SunTime, TimeOfDay, FullDate, MonthDay, Truth, Null, ListOf)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Parser(Atoms):
    """Reads a condition, weakest operators first."""

    def whole(self) -> Expr:
        """Read the whole text as one condition."""
        result = self.expression()
        if self.here.kind != "end":
            raise self.unexpected("`and`, `or` or the end")
        if sum(1 for _ in walk(result)) > MAX_NODES:
            raise LanguageFault("E404")
        return result

    def expression(self) -> Expr:
        """Read alternatives joined by `or`."""
        parts = [self._conjunction()]
        while self.accept("or") or self.accept_op("||"):
            parts.append(self._conjunction())
        return either(*parts)

    def operand(self) -> Expr:
        """Read a sum."""
        return self._chain(self._product, _SUMS)

    def _conjunction(self) -> Expr:
        parts = [self._negation()]
        while self.accept("and") or self.accept_op("&&"):
            parts.append(self._negation())
        return both(*parts)

    def _negation(self) -> Expr:
        entity_named_not = self.word() == "not" and self.after.text == "."
        if entity_named_not or not (self.accept("not") or self.accept_op("!")):
            return self._test()
        with self.nested():
            return Not(self._negation())

    def _test(self) -> Expr:
        test = self._comparison(self.operand())
        if not self.accept("for"):
            return test
        start = self.here
        held = self.duration()
        if held is None:
            raise LanguageFault("E310", start.start, x=start.text)
        return Held(test, held)

    def _comparison(self, left: Expr) -> Expr:
        if sign := self.accept_op(*_COMPARES):
            return compare(_COMPARES[sign], left, self.operand())
        if self.here.text == "=" and self.here.kind == "op":
            raise LanguageFault("E405", self.here.start)
        if self.accept("is"):
            return self._is(left)
        if self.accept("not", "in"):
            return membership(left, self.written_list(), negated=True)
        if self.accept("in"):
            return membership(left, self.written_list())
        return self._relation(left) or self._text_test(left) or left

    def _is(self, left: Expr) -> Expr:
        negated = self.accept("not")
        if self.accept("in"):
            return membership(left, self.written_list(), negated=negated)
        test = self._known(left) or self._relation(left) or self._relation_after_is(left)
        if test is not None:
            return _negated(test) if negated else test
        return compare("!=" if negated else "==", left, self.bare_or_operand())

    def _known(self, left: Expr) -> Expr | None:
        if self.accept("known"):
            return Call("known", (left,))
        if self.accept("unknown"):
            return Not(Call("known", (left,)))
        return None

    def _relation(self, left: Expr) -> Expr | None:
        if self.accept("between"):
            low = self.operand()
            if not self.accept("and"):
                raise self.unexpected("`and`")
            return Between(left, low, self.operand())
        op = _RELATIONS.get(self.word())
        if op is None:
            return None
        self.take()
        return compare(op, left, self.operand())

    def _relation_after_is(self, left: Expr) -> Expr | None:
        for words, op in _RELATIONS_AFTER_IS.items():
            if self.accept(*words):
                return compare(op, left, self.operand())
        return None

    def _text_test(self, left: Expr) -> Expr | None:
        for words, op in _TEXT_TESTS.items():
            if self.accept(*words):
                return TextTest(op, left, self.bare_or_operand())
        return None

    def _product(self) -> Expr:
        return self._chain(self._unary, _PRODUCTS)

    def _chain(self, part: Callable[[], Expr], signs: dict[str, ArithmeticOp]) -> Expr:
        result = part()
        place = self.here
        while sign := self.accept_op(*signs):
            self.count()
            other = part()
            if _no_number(result) or _no_number(other):
                raise LanguageFault("E403", place.start, x=sign, list="numbers on both sides")
            result, place = Arithmetic(signs[sign], result, other), self.here
        return result

    def _unary(self) -> Expr:
        place = self.here
        if not self.accept_op("-"):
            return self.atom()
        part = self.atom()
        if _no_number(part):
            raise LanguageFault("E403", place.start, x="-", list="a number after it")
        return negative(part)


def parse_expression(text: str) -> Expr:
    """Read a condition; raises LanguageFault E401-E409 with the place of what is wrong."""
    return Parser(text).whole()


def walk(node: Expr) -> Iterator[Expr]:
    """Yield a node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def negative(part: Expr) -> Expr:
    """Return the number with the other sign; a written number becomes a negative number."""
    return Number(plain_number(0 - part.value)) if isinstance(part, Number) else Negative(part)


def compare(op: CompareOp, left: Expr, right: Expr) -> Compare:
    """Compare two values; names of weekdays beside `weekday` become mon to sun."""
    return Compare(op, weekday_beside(right, left), weekday_beside(left, right))


def membership(item: Expr, options: ListOf, *, negated: bool = False) -> Membership:
    """Test for one of a list; names of weekdays beside `weekday` become mon to sun."""
    days = ListOf(tuple(weekday_beside(item, option) for option in options.items))
    return Membership(item, days, negated)


def weekday_beside(other: Expr, value: Expr) -> Expr:
    """Return a written weekday in its short form when it stands beside `weekday`."""
    if other != Special("weekday") or not isinstance(value, Text):
        return value
    word = value.value.lower().removesuffix("s")
    known = len(word) >= 3 and any(day == word or day[:3] == word for day in _WEEKDAYS)
    return Text(word[:3]) if known else value


def _negated(test: Expr) -> Expr:
    return test.of if isinstance(test, Not) else Not(test)


def _no_number(part: Expr) -> bool:
    moment = isinstance(part, Special) and part.name in {"time", "date", "weekday", "sun"}
    return moment or isinstance(part, _NEVER_A_NUMBER)
