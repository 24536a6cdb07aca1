from typing import Any

import pytest

from aifp.server.catalog.arguments import WrongArguments, check
from tests.server.mcp import fixture_tools

THINGS = fixture_tools.get_things_by_status


def faults(arguments: dict[str, Any], function: Any = fixture_tools.echo) -> list[tuple[str, str]]:
    with pytest.raises(WrongArguments) as wrong:
        check(function, arguments)
    return [(fault.path, fault.kind) for fault in wrong.value.faults]


@pytest.mark.req("D64")
@pytest.mark.parametrize(
    "wrong", ["1", 1.0, 1.5, True, None, [1], {"a": 1}, float("nan"), float("inf")], ids=repr
)
def test_nothing_is_turned_into_an_integer(wrong: object) -> None:
    assert faults({"text": "a", "times": wrong})[0][1] == "type"


@pytest.mark.req("D64")
def test_every_fault_is_listed_with_its_path() -> None:
    assert faults({"times": "x", "tiems": 1}) == [
        ("text", "missing"),
        ("times", "type"),
        ("tiems", "unknown"),
    ]


@pytest.mark.req("D64")
def test_a_wrong_word_names_the_allowed_ones() -> None:
    with pytest.raises(WrongArguments, match="use 'draft' or 'active'") as wrong:
        check(THINGS, {"status": "bogus"})
    assert wrong.value.only_values()
    assert wrong.value.faults[0].allowed == "'draft' or 'active'"


def test_an_integer_is_a_number_and_null_leaves_an_optional_one_out() -> None:
    assert check(THINGS, {"status": "draft", "near": 3}) == {"status": "draft", "near": 3.0}
    assert check(THINGS, {"status": "draft", "near": None}) == {"status": "draft", "near": None}


def test_defaults_are_left_to_the_function() -> None:
    assert check(fixture_tools.echo, {"text": "a"}) == {"text": "a"}


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(WrongArguments, match="did you mean text"):
        check(fixture_tools.echo, {"text": "a", "txt": "b"})


def test_an_argument_nested_too_deeply_is_refused() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    assert faults({"name": "a", "arguments": {"a": deep}}, fixture_tools.call_tool)
