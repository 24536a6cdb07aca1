"""Which tools are alike, and which of two to keep."""

import pytest

from aifp.helpers.lifecycle.internal.duplicates import (
    DUPLICATE,
    SIMILAR,
    Described,
    better_of,
    candidates,
    find_twins,
    normal_code,
    similarity_of,
    vector_of,
)
from aifp.helpers.lifecycle.internal.uses import Uses

CITY = {"city": "string", "days": "integer"}


def tool(
    name: str,
    description: str = "",
    parameters: dict[str, str] | None = None,
    code: str | None = None,
    number: int = 0,
    uses: Uses | None = None,
) -> Described:
    key = number or sum(map(ord, name))
    return Described(key, name, description, parameters or {}, code, uses or Uses())


def alike(a: Described, b: Described) -> float:
    return similarity_of(vector_of(a), vector_of(b))


@pytest.mark.req("L22")
async def test_the_same_words_and_parameters_are_a_duplicate() -> None:
    a = tool("get_weather", "Get the weather forecast of a city.", CITY)
    b = tool("weather_get", "Get a weather forecast for the city", CITY)
    assert alike(a, b) >= DUPLICATE
    [twins] = await find_twins([a, b])
    assert not twins.same_code


@pytest.mark.req("L22")
async def test_nearly_the_same_words_are_similar_and_others_are_not() -> None:
    a = tool("get_weather", "Get the weather forecast of a city.", CITY)
    near = tool("get_weathers", "Get the weather forecasts of a city.", CITY)
    assert SIMILAR <= alike(a, near) < 1
    other = tool("send_invoice", "Send an invoice to a customer.", {"customer": "string"})
    assert alike(a, other) < 0.2
    same_words = tool("get_weather_map", "Draw a map of the weather.", {"zoom": "integer"})
    assert alike(a, same_words) < SIMILAR
    assert await find_twins([a, other, same_words]) == []


@pytest.mark.req("L22")
async def test_equal_code_is_the_same_whatever_it_is_called() -> None:
    code = normal_code(["def run(a: int) -> int:\n    return a + 1\n"])
    dressed = normal_code(
        [
            '"""Add."""\nTEST_CASES = [{"input": {"a": 1}}]\nCHARACTERISTICS: dict = {}\n\n\n'
            "def run(a: int) -> int:\n"
            '    """Add one."""\n    # one more\n    return (a + 1)\n'
        ]
    )
    assert code == dressed
    [twins] = await find_twins(
        [tool("inc", "Count.", code=code), tool("grow", "Rise.", code=dressed)]
    )
    assert (twins.similarity, twins.same_code) == (1.0, True)
    assert normal_code(["def run(a: int) -> int:\n    return a + 2\n"]) != code
    assert normal_code(["def run(:"]) is None
    assert normal_code([]) is None


@pytest.mark.req("L22")
async def test_one_name_asks_for_its_own_pairs_only() -> None:
    tools = [
        tool("a_weather", "Tell it.", number=1),
        tool("b_weather", "Tell it.", code="x", number=2),
        tool("c", "Else.", code="x", number=3),
    ]
    assert [(pair.a.name, pair.b.name) for pair in await find_twins(tools, "c")] == [
        ("b_weather", "c")
    ]


@pytest.mark.req("L22")
@pytest.mark.parametrize(
    ("a", "b", "keep", "why"),
    [
        (Uses(100, 95), Uses(5, 4), "a", "did more good"),
        (Uses(10, 5), Uses(10, 10), "b", "did more good"),
        # 12 is not more than 1.2 times 10: the number of uses decides.
        (Uses(12, 12), Uses(20, 10), "b", "is used more"),
        (Uses(10, 10), Uses(10, 10), "a", "first by name"),
        (Uses(), Uses(), "a", "first by name"),
        (Uses(), Uses(3, 0), "b", "is used more"),
    ],
)
def test_the_better_of_two_is_proposed(a: Uses, b: Uses, keep: str, why: str) -> None:
    kept, reasons = better_of(tool("a", uses=a), tool("b", uses=b))
    assert kept.name == keep
    assert why in reasons[0]


def test_only_pairs_that_share_something_are_compared() -> None:
    many = [tool(f"t{number}x", f"Word{number}.", number=number + 1) for number in range(300)]
    assert list(candidates(many)) == []
