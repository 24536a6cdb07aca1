"""What a grammar may raise: a coded fault at a place, or a question nobody has answered."""

from collections.abc import Sequence
from typing import Literal, Protocol

from pydantic import JsonValue


class LanguageFault(Exception):
    """A text that the language refuses; code and names as in the message catalogue."""

    def __init__(self, code: str, offset: int = 0, **names: object) -> None:
        super().__init__(f"{code} {names}")
        self.code, self.offset, self.names = code, offset, names


class OpenQuestion(Exception):
    """Reading cannot go on before this question is answered."""

    def __init__(self, question_id: str) -> None:
        super().__init__(question_id)
        self.question_id = question_id


class Ask(Protocol):
    """Looks up the answer to a question."""

    def __call__(
        self,
        question_id: str,
        text: str,
        choices: Sequence[JsonValue] = (),
        default: JsonValue = None,
        who: Literal["any", "person"] = "any",
    ) -> JsonValue:
        """Return the answer, else the default; raise OpenQuestion where there is neither."""
        ...
