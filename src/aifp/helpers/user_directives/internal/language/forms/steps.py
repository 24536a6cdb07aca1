"""Actions of a directive, as texts or maps, become canonical steps."""

from collections.abc import Callable
from typing import Protocol

from pydantic import JsonValue, TypeAdapter

from aifp.helpers.user_directives.internal.language.faults import (
    Ask,
    LanguageFault,
    OpenQuestion,
)
from aifp.helpers.user_directives.internal.language.forms.step_graph import Placed, check_order
from aifp.helpers.user_directives.internal.language.forms.step_slots import Noted, Slot
from aifp.helpers.user_directives.internal.language.forms.step_templates import template_faults
from aifp.helpers.user_directives.internal.language.forms.step_verbs import (
    COMMON,
    MAINS,
    REQUIRED,
    canonical_verb,
    parameters_of,
)
from aifp.helpers.user_directives.internal.language.forms.step_web import BODIES, check_bodies
from aifp.helpers.user_directives.internal.language.grammar.actions import parse_action
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.schemas.common import JsonMap
from aifp.schemas.steps import Step

_STEPS: TypeAdapter[list[Step]] = TypeAdapter(list[Step])


class StepReader(Protocol):
    """What reading steps needs from the reader of the directive.

    A path is a JSON pointer into the draft's raw map, such as /do/0/http.
    """

    @property
    def ask(self) -> Ask:
        """Return the way to answers."""
        ...

    @property
    def path(self) -> str:
        """Return the place of the value that is being read."""
        ...

    def fault(self, path: str, fault: LanguageFault) -> None:
        """Note a fault at a place; reading goes on, so that one report names them all."""
        ...

    def at(self, path: str) -> "StepReader":
        """Return the reader of a value inside, so that its questions carry its own place."""
        ...


def read_steps(value: JsonValue, reader: StepReader) -> list[Step]:
    """Read one action or a list of actions; faults are noted, the steps that have one left out."""
    steps = _StepList(reader).read(value, reader.path)
    return _STEPS.validate_python(steps)


class _StepList:
    """Reads a list of steps and those inside them."""

    def __init__(self, reader: StepReader) -> None:
        self.reader = reader
        self.faults = 0

    def note(self, path: str, fault: LanguageFault) -> None:
        self.faults += not fault.code.startswith("W")
        self.reader.fault(path, fault)

    def asks(self, path: str) -> Ask:
        return self.reader.at(path).ask

    def read(self, value: JsonValue, path: str) -> list[JsonValue]:
        """Read one step or a list of steps."""
        before = self.faults
        values = value if isinstance(value, list) else [value]
        placed: list[Placed] = []
        for index, item in enumerate(values):
            place = pointer(path, index) if isinstance(value, list) else path
            placed += [(place, step) for step in self._item(item, place)]
        if self.faults == before:
            check_order(placed, self.note)
        return [step for _, step in placed]

    def _item(self, item: JsonValue, path: str, *, answered: bool = False) -> list[JsonMap]:
        match item:
            case str():
                return self._text(item, path, answered=answered)
            case dict():
                step = self._attempt(path, lambda: self._map(item, path))
                return [step] if step else []
            case _:
                self.note(path, LanguageFault("E504", list="none"))
                return []

    def _attempt(self, path: str, read: Callable[[], JsonMap]) -> JsonMap | None:
        before = self.faults
        try:
            fields = read()
        except LanguageFault as fault:
            self.note(path, fault)
        except (Noted, OpenQuestion):
            pass
        else:
            return fields if self.faults == before else None
        return None

    def _text(self, text: str, path: str, *, answered: bool) -> list[JsonMap]:
        try:
            steps = [step.wire() for step in parse_action(text, self.asks(path))]
        except LanguageFault as fault:
            if fault.code == "E501" and not answered:
                return self._free_text(text, path)
            self.note(path, fault)
            return []
        except OpenQuestion:
            return []
        for step in steps:
            for _, fault in template_faults(step):
                self.note(path, fault)
        return steps

    def _free_text(self, text: str, path: str) -> list[JsonMap]:
        """Ask which action a text means; until it is answered it is a todo."""
        try:
            answer = self.asks(path)("q.action", f"{text}: Which action is meant?")
        except OpenQuestion:
            return [{"verb": "todo", "text": text}]
        items = answer if isinstance(answer, list) else [answer]
        return [step for item in items for step in self._item(item, path, answered=True)]

    def _map(self, raw: JsonMap, path: str) -> JsonMap:
        verb = self._verb(raw, path)
        known = parameters_of(verb)
        before = self.faults
        self._check_keys(raw, verb, path)
        # A mistyped key may be the required one; its fault says more than a question.
        written = raw if self.faults > before else self._with_required(verb, raw, path)
        fields: JsonMap = {"verb": canonical_verb(verb)}
        places: dict[str, str] = {}
        main = self._value(MAINS[verb], self._slot(verb, raw[verb], path))
        for field, value in (main if isinstance(main, dict) else {}).items():
            fields[field], places[field] = value, pointer(path, verb)
        for key, value in written.items():
            if key in known and key != verb and value is not None:
                field, read = known[key]
                fields[field] = self._value(read, self._slot(key, value, path))
                places[field] = pointer(path, key)
        self._check_fields(fields, places, path)
        return {field: value for field, value in fields.items() if value is not None}

    def _value(self, read: Callable[[Slot], JsonValue], slot: Slot) -> JsonValue:
        try:
            return read(slot)
        except LanguageFault as fault:
            self.note(slot.path, fault)
        except Noted:
            pass
        return None

    def _slot(self, key: str, value: JsonValue, path: str) -> Slot:
        return Slot(key, value, pointer(path, key), self.note, self.asks, self.read)

    def _with_required(self, verb: str, raw: JsonMap, path: str) -> JsonMap:
        key = REQUIRED.get(verb)
        if key is None or raw.get(key) is not None:
            return raw
        text = f"`{verb}` needs `{key}`: which value?"
        return {**raw, key: self.asks(pointer(path, key))("q.params", text)}

    def _check_keys(self, raw: JsonMap, verb: str, path: str) -> None:
        known = {verb, *parameters_of(verb)}
        for key in raw:
            if key.startswith("_"):
                self.note(pointer(path, key), LanguageFault("W102", k=key))
            elif key not in known:
                fault = LanguageFault("E201", k=key, nearest=nearest(key, known))
                self.note(pointer(path, key), fault)

    def _check_fields(self, fields: JsonMap, places: dict[str, str], path: str) -> None:
        if fields["verb"] == "http" and any(body in fields for body in BODIES):
            check_bodies(fields)
        for place, fault in template_faults(fields):
            field, slash, rest = place[1:].partition("/")
            self.note(places.get(field, path) + slash + rest, fault)

    def _verb(self, raw: JsonMap, path: str) -> str:
        verbs = [key for key in raw if key in MAINS and key != "do"]
        if "do" in raw and verbs != ["repeat"]:
            verbs.append("do")  # with `if` it is a branch, beside a verb it is one too many
        if len(verbs) == 1:
            return verbs[0]
        for key in () if verbs else raw:
            near = None if key in COMMON or key.startswith("_") else nearest(key, MAINS)
            if near:
                self.note(pointer(path, key), LanguageFault("E201", k=key, nearest=near))
                raise Noted
        raise LanguageFault("E504", list=verbs or "none")
