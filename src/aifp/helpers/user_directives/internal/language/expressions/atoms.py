"""The smallest parts of a condition: values, paths, functions, lists, parentheses."""

from datetime import date

from aifp.helpers.user_directives.internal.language.expressions.cursor import Cursor, moved
from aifp.helpers.user_directives.internal.language.expressions.tokens import Token, unquote
from aifp.helpers.user_directives.internal.language.expressions.tree import (
    ENTITY,
    RUN_ROOTS,
    Call,
    EntityRef,
    Expr,
    FullDate,
    ListOf,
    MonthDay,
    Null,
    Number,
    RunPath,
    Special,
    SpecialName,
    SunEvent,
    SunTime,
    Text,
    TimeOfDay,
    Truth,
)
from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.clock import parse_time

MAX_LIST = 100
# Arguments each function takes, at least and at most; a list of values may be long.
FUNCTIONS = {
    "abs": (1, 1),
    "min": (1, MAX_LIST),
    "max": (1, MAX_LIST),
    "round": (1, 2),
    "len": (1, 1),
    "lower": (1, 1),
    "upper": (1, 1),
    "number": (1, 1),
    "text": (1, 1),
    "known": (1, 1),
    "age": (1, 1),
    "state": (1, 1),
}
OPERATORS = frozenset({"and", "or", "not", "is", "in", "for", "between"})
_LITERALS: dict[str, Expr] = {
    "true": Truth(True),
    "false": Truth(False),
    "null": Null(),
    "none": Null(),
}
_SPECIALS: dict[str, SpecialName] = {
    "time": "time",
    "current_time": "time",
    "date": "date",
    "weekday": "weekday",
    "day": "day",
    "month": "month",
    "sun": "sun",
}
_SUN: dict[str, SunEvent] = {"sunrise": "sunrise", "sunset": "sunset"}
# After one of these a word is no bare text, but the start of a path, call or sum.
_GOES_ON = frozenset(".[(+-*/")
_CLOCK_WORDS = frozenset({"noon", "midnight"})
_MAX_INTEGER = 2**53 - 1


class Atoms(Cursor):
    """Reads one atom at a time."""

    def expression(self) -> Expr:
        """Read a whole condition; the parser above says how."""
        raise NotImplementedError

    def operand(self) -> Expr:
        """Read a sum; the parser above says how."""
        raise NotImplementedError

    def atom(self) -> Expr:
        """Read one atom."""
        self.count()
        token = self.here
        match token.kind:
            case "number":
                return self._number()
            case "text":
                return Text(unquote(self.take().text))
            case "time":
                return clock_time(self.take())
            case "date" | "monthday":
                return calendar_date(self.take())
            case "word":
                return self._word()
            case _:
                return self._bracketed()

    def bare_or_operand(self) -> Expr:
        """Read a single word as text, anything else as a value."""
        word = self.word()
        goes_on = self.after.kind == "op" and self.after.text in _GOES_ON
        if not word or goes_on or word in _LITERALS or word in _CLOCK_WORDS:
            return self.operand()
        if word in OPERATORS:
            raise self.unexpected("a value")
        self.count()
        return Text(self.take().text)

    def written_list(self) -> ListOf:
        """Read a list in brackets."""
        if not self.accept_op("["):
            raise self.unexpected("a list such as [a, b]")
        items: list[Expr] = []
        with self.nested():
            items.append(self.bare_or_operand())
            while self.accept_op(","):
                items.append(self.bare_or_operand())
                if len(items) > MAX_LIST:
                    raise LanguageFault("E404", self.here.start)
            self.demand_op("]")
        return ListOf(tuple(items))

    def _bracketed(self) -> Expr:
        if self.here.text == "[" and self.here.kind == "op":
            return self.written_list()
        if not self.accept_op("("):
            raise self.unexpected("a value")
        with self.nested():
            inside = self.expression()
            self.demand_op(")")
        return inside

    def _number(self) -> Expr:
        token = self.take()
        self.accept_op("%")  # humidity > 60% means 60, as the sensor reports it
        return number_of(token)

    def _word(self) -> Expr:
        follower = self.after.text if self.after.kind == "op" else ""
        if follower in {".", "["}:
            return self._path()
        if follower == "(":
            return self._call()
        return self._single_word()

    def _single_word(self) -> Expr:
        word, token = self.word(), self.here
        if word in OPERATORS:
            raise self.unexpected("a value")
        self.take()
        if word in _LITERALS:
            return _LITERALS[word]
        if word in _CLOCK_WORDS:
            return clock_time(token)
        if word in _SUN:
            return self._sun_time(_SUN[word])
        return single_name(token)

    def _sun_time(self, event: SunEvent) -> SunTime:
        sign = self.here.text if self.here.kind == "op" else ""
        if sign not in {"+", "-"}:
            return SunTime(event)
        self.take()
        offset = self.duration()
        if offset is None:
            raise LanguageFault("E310", self.here.start, x=self.here.text)
        return SunTime(event, offset if sign == "+" else -offset)

    def _path(self) -> Expr:
        first = self.take()
        parts: list[str | int] = [first.text]
        while sign := self.accept_op(".", "["):
            parts.append(self._member() if sign == "." else self._index())
        return path_of(parts, first.start)

    def _member(self) -> str:
        if self.here.kind != "word":
            raise self.unexpected("a name")
        return self.take().text

    def _index(self) -> str | int:
        token = self.take()
        if token.kind == "text":
            key: str | int = unquote(token.text)
        elif token.kind == "number" and token.text.isdigit():
            key = int(token.text)
        else:
            raise LanguageFault("E403", token.start, x=token.text, list="a number or a text")
        self.demand_op("]")
        return key

    def _call(self) -> Expr:
        name = self.take()
        function = name.text.lower()
        if function not in FUNCTIONS:
            raise LanguageFault("E406", name.start, f=name.text)
        self.demand_op("(")
        with self.nested():
            arguments = self._arguments()
            self.demand_op(")")
        return call_of(function, arguments, name.start)

    def _arguments(self) -> tuple[Expr, ...]:
        if self.here.text == ")" and self.here.kind == "op":
            return ()
        arguments = [self.expression()]
        while self.accept_op(","):
            arguments.append(self.expression())
        return tuple(arguments)


def number_of(token: Token) -> Number:
    """Return the number; whole ones as integers, within the JSON range."""
    value = float(token.text)
    if "e" not in token.text.lower() and "." not in token.text:
        value = int(token.text)
    if abs(value) > _MAX_INTEGER and (isinstance(value, int) or value in {float("inf")}):
        raise LanguageFault("E112", token.start, x=token.text)
    return Number(plain_number(value))


def plain_number(value: int | float) -> int | float:
    """Return a whole decimal as an integer, as canonical JSON does."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) <= _MAX_INTEGER
    return int(value) if whole else value


def clock_time(token: Token) -> TimeOfDay:
    """Return a time of day in normal form."""
    try:
        return TimeOfDay(parse_time(token.text))
    except LanguageFault as fault:
        raise moved(fault, token.start) from fault


def calendar_date(token: Token) -> FullDate | MonthDay:
    """Return a date that exists; 02-29 exists in some years."""
    full = token.kind == "date"
    try:
        day = date.fromisoformat(token.text if full else f"2000-{token.text}")
    except ValueError:
        raise LanguageFault("E303", token.start, x=token.text) from None
    if not 2000 <= day.year <= 2199:
        raise LanguageFault("E303", token.start, x=token.text)
    return FullDate(token.text) if full else MonthDay(token.text)


def single_name(token: Token) -> Special | RunPath:
    """Return what a word alone names; most words alone name nothing."""
    special = _SPECIALS.get(token.text.lower())
    if special is not None:
        return Special(special)
    return run_path([token.text], token.start)


def path_of(parts: list[str | int], start: int) -> RunPath | EntityRef:
    """Return run data, the state of an entity or its attribute."""
    if parts[0] in RUN_ROOTS:
        return RunPath(tuple(parts))
    if parts[0] in {"secrets", "secret"}:
        raise LanguageFault("E408", start)
    match parts:
        case [str(domain), str(name)] if ENTITY.fullmatch(f"{domain}.{name}"):
            return EntityRef(f"{domain}.{name}")
        case [str(domain), str(name), str(key)] if ENTITY.fullmatch(f"{domain}.{name}"):
            return EntityRef(f"{domain}.{name}", key)
        case _:
            raise LanguageFault("E407", start, x=".".join(str(p) for p in parts))


def run_path(parts: list[str | int], start: int) -> RunPath:
    """Return run data, or refuse the name."""
    if parts[0] not in RUN_ROOTS:
        raise LanguageFault("E407", start, x=parts[0])
    return RunPath(tuple(parts))


def call_of(function: str, arguments: tuple[Expr, ...], start: int) -> Expr:
    """Return a function call with as many arguments as it takes."""
    least, most = FUNCTIONS[function]
    if not least <= len(arguments) <= most:
        raise LanguageFault("E403", start, x=f"{function}()", list=f"{least} argument(s) for it")
    if function == "state":
        return _state_of(arguments[0], start)
    if function == "age" and not isinstance(arguments[0], EntityRef):
        raise LanguageFault("E403", start, x="age()", list="an entity such as light.desk in it")
    return Call(function, arguments)


def _state_of(argument: Expr, start: int) -> EntityRef:
    if not isinstance(argument, Text):
        raise LanguageFault("E403", start, x="state()", list="a quoted entity id in it")
    return EntityRef(argument.value)
