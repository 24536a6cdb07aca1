"""Shapes of what passes the door: plain JSON, nothing else."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias, TypedDict

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
JsonMap: TypeAlias = dict[str, Json]


def to_json(value: object) -> str:
    """Return JSON that every reader takes; NaN and halves of characters are refused."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    text.encode()
    return text


def clean(text: str, limit: int) -> str:
    """Return text that can be written as JSON, cut to a length."""
    shown = text.encode("utf-8", "replace").decode()
    return shown if len(shown) <= limit else f"{shown[:limit]}..."


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
