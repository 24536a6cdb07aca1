from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import (
    Ask,
    LanguageFault,
    OpenQuestion,
)
from aifp.helpers.user_directives.internal.language.forms.steps import read_steps


@dataclass
class Heard:
    """What came out while steps were read."""

    faults: list[tuple[str, LanguageFault]] = field(default_factory=list[tuple[str, LanguageFault]])
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    answers: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])

    def codes(self) -> list[tuple[str, str]]:
        return [(path, fault.code) for path, fault in self.faults]


@dataclass(frozen=True)
class Asking:
    """Answers the questions of one place."""

    heard: Heard
    path: str

    def __call__(
        self,
        question_id: str,
        text: str,
        choices: Sequence[JsonValue] = (),
        default: JsonValue = None,
        who: Literal["any", "person"] = "any",
    ) -> JsonValue:
        self.heard.asked.append((self.path, question_id))
        answer = self.heard.answers.get(self.path, default)
        if answer is None:
            raise OpenQuestion(question_id)
        return answer


@dataclass(frozen=True)
class SmallReader:
    """A StepReader that keeps what it hears."""

    heard: Heard
    path: str = "/do"

    @property
    def ask(self) -> Ask:
        return Asking(self.heard, self.path)

    def fault(self, path: str, fault: LanguageFault) -> None:
        self.heard.faults.append((path, fault))

    def at(self, path: str) -> "SmallReader":
        return SmallReader(self.heard, path)


def read(value: JsonValue, heard: Heard | None = None) -> list[dict[str, JsonValue]]:
    """Read steps that must have no fault."""
    heard = heard or Heard()
    steps = read_steps(value, SmallReader(heard))
    assert [fault for fault in heard.codes() if not fault[1].startswith("W")] == []
    return [step.wire() for step in steps]


def faults(value: JsonValue) -> list[tuple[str, str]]:
    """Return the places and codes of what is refused."""
    heard = Heard()
    read_steps(value, SmallReader(heard))
    return heard.codes()
