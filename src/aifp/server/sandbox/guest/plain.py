"""Shapes of what passes the door: plain JSON, nothing else."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias, TypedDict

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
JsonMap: TypeAlias = dict[str, Json]


class Call(NamedTuple):
    """One host call: the function and its keyword arguments."""

    function: str
    arguments: JsonMap


class Answer(TypedDict):
    """The answer to one host call."""

    seq: int | None
    value: Json
    error: str | None
    error_type: str | None
