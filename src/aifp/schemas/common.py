"""Shapes that every record and every tool answer shares."""

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

JsonMap = dict[str, JsonValue]
Item = TypeVar("Item")


class Record(BaseModel):
    """An immutable row or answer; unknown fields are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True
    )

    def wire(self) -> JsonMap:
        """Return the JSON form: aliases as keys, fields equal to their default left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class NotFound(Record):
    """The asked-for thing does not exist; not an error."""

    found: Literal[False] = False


class Failure(Record):
    """A deliberate refusal or an unexpected fault, told to the assistant."""

    success: Literal[False] = False
    error: str
    error_code: str
    details: JsonMap = {}


class Listed(Record, Generic[Item]):
    """A part of a list, and how long the whole is; a helper that has it all returns a list.

    before: how many items come ahead of these. refused: a parameter had a value that is not
    allowed, so that nothing was listed; the warnings name it.
    """

    result: list[Item]
    total: int
    before: int = 0
    warnings: list[str] = []
    refused: bool = False
