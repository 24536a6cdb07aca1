"""The reading of one directive: its values by place, and what was found and asked on the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault, OpenQuestion
from aifp.helpers.user_directives.internal.language.messages import problem_of
from aifp.helpers.user_directives.internal.language.questions import Asker
from aifp.helpers.user_directives.internal.language.source.nodes import KEY_MARK, pointer
from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.schemas.common import JsonMap
from aifp.schemas.reading import Draft, FileSettings, Known, Place, Problem, Question

T = TypeVar("T")
MAX_PROBLEMS = 100
KEY_CODES = frozenset(("E201", "E205", "W102"))
START = Place(line=1, column=1)


@dataclass
class Sheet:
    """A directive in the short grammar, and where its values came from."""

    raw: JsonMap
    moved: dict[str, str] = field(default_factory=lambda: {})
    places: dict[str, Place] = field(default_factory=lambda: {})
    rewritten: frozenset[str] = frozenset()


def value_at(value: JsonValue, path: str) -> JsonValue:
    """Return the value at a JSON pointer, None when there is none."""
    for part in path.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


class Reading:
    """Knows the draft, the project and the answers; collects problems and questions."""

    def __init__(
        self,
        draft: Draft,
        settings: FileSettings,
        known: Known,
        answers: Mapping[str, JsonValue],
        source_file: str,
    ) -> None:
        self.draft, self.settings, self.known = draft, settings, known
        self.answers, self.source_file = answers, source_file
        self.raw: JsonMap = draft.raw
        self.places: dict[str, Place] = dict(draft.places)
        self.moved: dict[str, str] = {}
        self.rewritten: frozenset[str] = frozenset()
        self.problems: list[Problem] = []
        self.questions: list[Question] = []
        self.reads: JsonMap = {}
        self.todos: dict[str, str] = {}
        self.used: set[tuple[str, str]] = set()

    @property
    def lenient(self) -> bool:
        """Say whether unclear texts are asked about instead of refused."""
        return self.draft.form in ("long", "string", "txt")

    def errors(self) -> int:
        """Count what stands in the way of the canonical form."""
        found = [*self.problems, *self.questions]
        return sum(1 for item in found if item.severity == "error")

    def lay(self, sheet: Sheet) -> None:
        """Go on with the short grammar of another form."""
        self.raw, self.moved, self.rewritten = sheet.raw, sheet.moved, sheet.rewritten
        self.places.update(sheet.places)

    def origin(self, path: str) -> str:
        """Return where the value at a path stands in the user's file."""
        head = path
        while head:
            if head in self.moved:
                return self.moved[head] + path[len(head) :]
            head = head.rpartition("/")[0]
        return path

    def place(self, path: str, *, key: bool = False) -> Place:
        """Return the place of a value (or of its key), else of what surrounds it."""
        path = self.origin(path)
        if key and (found := self.places.get(path + KEY_MARK)):
            return found
        while path and path not in self.places:
            path = path.rpartition("/")[0]
        return self.places.get(path, START)

    def fault(self, path: str, fault: LanguageFault) -> None:
        """Note a fault at a place; reading goes on."""
        if len(self.problems) >= MAX_PROBLEMS:
            return
        place = self.place(path, key=fault.code in KEY_CODES)
        if fault.offset and not self.is_as_written(path):
            fault = LanguageFault(fault.code, 0, **fault.names)
        problem = problem_of(fault, self.source_file, place, self.origin(path))
        if problem not in self.problems:
            self.problems.append(problem)

    def is_as_written(self, path: str) -> bool:
        """Say whether the characters of a text stand in the file as they are read."""
        origin = self.origin(path)
        if path in self.rewritten or origin not in self.places:
            return False
        return origin == path or value_at(self.raw, path) == value_at(self.draft.raw, origin)

    def refuse(self, path: str, code: str, **names: object) -> None:
        """Note a fault by its code."""
        self.fault(path, LanguageFault(code, 0, **names))

    def note(self, question: Question) -> None:
        """Note a question once."""
        if question not in self.questions:
            self.questions.append(question)

    def at(self, path: str) -> "At":
        """Return the reader of one value."""
        return At(self, path)

    def ask(self, path: str, about: tuple[str, str] | None = None) -> Asker:
        """Return the way to answers for one field, or for a named thing such as a host.

        What is named keeps its answer wherever it stands, and never shares it with another.
        """
        named = pointer(f"/{about[0]}", about[1]) if about else self.origin(path)
        return Asker(
            self.draft.name, named, self.place(path).line, self.answers, self.note, self.used
        )

    def attempt(self, path: str, read: Callable[[], T]) -> T | None:
        """Read one value; note its fault, and leave it out while a question is open."""
        try:
            return read()
        except LanguageFault as fault:
            self.fault(path, fault)
        except OpenQuestion:
            pass
        return None

    def check_keys(
        self, path: str, value: JsonMap, known: frozenset[str], code: str = "E201"
    ) -> None:
        """Refuse unknown keys, with the nearest known one; keys with `_` are comments."""
        for key in value:
            if key in known:
                continue
            where = pointer(path, key)
            if key.startswith("_"):
                self.refuse(where, "W102", k=key)
            else:
                self.refuse(where, code, k=key, nearest=nearest(key, known))


class At:
    """Reads one value of a directive for the step forms."""

    def __init__(self, reading: Reading, path: str) -> None:
        self.reading, self.path = reading, path

    @property
    def ask(self) -> Asker:
        """Return the way to answers for this value."""
        return self.reading.ask(self.path)

    def fault(self, path: str, fault: LanguageFault) -> None:
        """Note a fault at a place."""
        self.reading.fault(path, fault)

    def at(self, path: str) -> "At":
        """Return the reader of a value inside."""
        return At(self.reading, path)
