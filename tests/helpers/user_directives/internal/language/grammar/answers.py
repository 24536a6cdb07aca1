"""A person who answers from a list, and remembers what was asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import OpenQuestion


@dataclass
class Answers:
    """Implements Ask."""

    given: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    asked: dict[str, list[JsonValue]] = field(default_factory=dict[str, list[JsonValue]])

    def __call__(
        self,
        question_id: str,
        text: str,
        choices: Sequence[JsonValue] = (),
        default: JsonValue = None,
        who: Literal["any", "person"] = "any",
    ) -> JsonValue:
        self.asked[question_id] = list(choices)
        answer = self.given.get(question_id, default)
        if answer is None:
            raise OpenQuestion(question_id)
        return answer


def nobody(
    question_id: str,
    text: str,
    choices: Sequence[JsonValue] = (),
    default: JsonValue = None,
    who: Literal["any", "person"] = "any",
) -> JsonValue:
    """Ask nobody: these texts must not raise a question."""
    raise AssertionError(f"{question_id} was asked: {text}")
