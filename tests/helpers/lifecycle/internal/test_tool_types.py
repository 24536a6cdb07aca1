"""The types of a tool's parameters become JSON Schema."""

import ast

import pytest

from aifp.helpers.lifecycle.internal.tool_types import UnknownType, schema_of_type
from aifp.schemas.common import JsonMap

TEXT: JsonMap = {"type": "string"}
NOTHING: JsonMap = {"type": "null"}
NUMBER: JsonMap = {"type": "integer"}


def _schema(text: str) -> JsonMap:
    return schema_of_type(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("str", TEXT),
        ("int", NUMBER),
        ("float", {"type": "number"}),
        ("bool", {"type": "boolean"}),
        ("None", NOTHING),
        ("list", {"type": "array"}),
        ("list[int]", {"type": "array", "items": NUMBER}),
        ("typing.List[str]", {"type": "array", "items": TEXT}),
        ("dict", {"type": "object"}),
        ("dict[str, Any]", {"type": "object", "additionalProperties": {}}),
        (
            "dict[str, list[int]]",
            {"type": "object", "additionalProperties": {"type": "array", "items": NUMBER}},
        ),
        ("Any", {}),
        ("str | None", {"anyOf": [TEXT, NOTHING]}),
        ("Optional[str]", {"anyOf": [TEXT, NOTHING]}),
        ("Union[str, int, None]", {"anyOf": [TEXT, NUMBER, NOTHING]}),
        ("Optional[str | int]", {"anyOf": [TEXT, NUMBER, NOTHING]}),
        ("str | Any", {}),
        ("str | str", TEXT),
        ("'str | None'", {"anyOf": [TEXT, NOTHING]}),
        ("list['int']", {"type": "array", "items": NUMBER}),
        ("Literal['a', 'b']", {"type": "string", "enum": ["a", "b"]}),
        ("Literal[1, None]", {"enum": [1, None]}),
        ("Literal[-1]", {"enum": [-1]}),
    ],
)
def test_every_type_that_json_has_gets_its_schema(text: str, schema: JsonMap) -> None:
    assert _schema(text) == schema


@pytest.mark.parametrize(
    "text",
    ["bytes", "set[int]", "dict[int, str]", "Ctx", "datetime", "'not a type'", "Literal[x]", "1"],
)
def test_a_type_without_a_form_in_json_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(UnknownType, match="has no form in JSON; use str, int"):
        _schema(text)
