import pytest
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.inputs import fits, parse_input
from aifp.schemas.canonical import InputField


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("string", {"type": "string"}),
        ("integer 1..5 = 1", {"type": "integer", "min": 1, "max": 5, "default": 1}),
        ("boolean = false", {"type": "boolean", "default": False}),
        ("string 1..5 = abc", {"type": "string", "min": 1, "max": 5, "default": "abc"}),
        ("list 1..2 = [1]", {"type": "list", "min": 1, "max": 2, "default": [1]}),
        ("number -1.5 .. 2.5", {"type": "number", "min": -1.5, "max": 2.5}),
        ("Number = 3", {"type": "number", "default": 3}),
        ("string = two words", {"type": "string", "default": "two words"}),
        ('string = "5"', {"type": "string", "default": "5"}),
        ("one of red, green", {"type": "string", "one_of": ["red", "green"]}),
        (
            'one of red, "dark green" = red',
            {"type": "string", "one_of": ["red", "dark green"], "default": "red"},
        ),
        ("list = [1, 2]", {"type": "list", "default": [1, 2]}),
        ('map = {"a": 1}', {"type": "map", "default": {"a": 1}}),
    ],
)
def test_an_input_has_a_type_a_range_and_a_default(
    text: str, expected: dict[str, JsonValue]
) -> None:
    assert parse_input(text).wire() == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "date",
        "string 1.5..5",
        "boolean 0..1",
        "map 1..5",
        'string 1..2 = "abc"',
        "integer 5..1",
        "integer 1.5..2",
        "integer = x",
        "integer = 1.5",
        "integer 1..5 = 6",
        "boolean = yes",
        "one of",
        "one of red = blue",
        "number = NaN",
        "number = 1e999",
        "integer = true",
        "list = {}",
        "string please",
        "string =",
    ],
)
def test_an_input_outside_its_grammar_is_refused(text: str) -> None:
    with pytest.raises(LanguageFault, match="E506"):
        parse_input(text)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (InputField(type="integer", min=1, max=5), 5, True),
        (InputField(type="integer", min=1, max=5), 6, False),
        (InputField(type="integer"), True, False),
        (InputField(type="integer"), 1.0, False),
        (InputField(type="number"), 1, True),
        (InputField(type="number"), float("nan"), False),
        (InputField(type="string", one_of=["a"]), "b", False),
        (InputField(type="string"), 5, False),
        (InputField(type="boolean"), False, True),
        (InputField(type="list"), [], True),
        (InputField(type="map"), [], False),
    ],
)
def test_a_value_fits_its_field_without_any_coercion(
    field: InputField, value: JsonValue, expected: object
) -> None:
    assert fits(value, field) is expected
