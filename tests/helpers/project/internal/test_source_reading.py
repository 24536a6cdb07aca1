"""What a source says about its functions; the file is parsed, never imported."""

import pytest

from aifp.helpers.project.internal.source_reading import pure_functions, read_functions

SOURCE = '''"""A module that must not be run."""

from automations.prices_code import rate
import prices_code as prices

raise SystemExit("imported")


def total(numbers: list[float], *, tax: float = 0.2, **more: object) -> float:
    """Add up, with tax.

    More words.
    """
    return sum(numbers) * (1 + tax) * rate() * prices.factor(numbers)


async def effect_tell(ctx: "Ctx", *lines: str):
    ctx.log(lines)


def execute_sums(ctx):
    """Do it."""
    effect_tell(ctx, str(total([1])))


def quiet():
    return loud()


def loud():
    execute_sums(None)


class Basket:
    def weigh(self) -> int:
        return self.count()

    def count(self) -> int:
        return 1
'''


@pytest.mark.req("D73")
def test_signature_purpose_parameters_and_returns_come_from_the_source() -> None:
    found = {one.name: one for one in read_functions(SOURCE)}
    total = found["total"]
    assert total.signature == (
        "def total(numbers: list[float], *, tax: float=0.2, **more: object) -> float"
    )
    assert total.purpose == "Add up, with tax."
    assert total.returns == "float"
    assert total.parameters == [
        {"name": "numbers", "kind": "positional", "type": "list[float]"},
        {"name": "tax", "kind": "keyword", "type": "float", "default": "0.2"},
        {"name": "more", "kind": "keywords", "type": "object"},
    ]
    assert SOURCE.splitlines()[total.line - 1].startswith("def total")
    assert found["effect_tell"].signature.startswith("async def effect_tell(ctx: 'Ctx', *lines")
    assert found["effect_tell"].returns is None
    assert found["effect_tell"].parameters[1] == {"name": "lines", "kind": "rest", "type": "str"}


@pytest.mark.req("D73")
def test_calls_are_followed_into_other_modules_and_methods() -> None:
    found = {one.name: one for one in read_functions(SOURCE)}
    calls = found["total"].calls
    assert {("prices_code", "rate"), ("prices_code", "factor"), (None, "sum")} <= calls
    assert (None, "effect_tell") in found["execute_sums"].calls
    assert found["Basket.weigh"].calls == {(None, "Basket.count")}


@pytest.mark.req("D73")
def test_a_function_is_pure_unless_it_acts_or_calls_one_that_does() -> None:
    pure = pure_functions({"sums": read_functions(SOURCE)})
    assert pure == {("sums", "total"), ("sums", "Basket.weigh"), ("sums", "Basket.count")}


def test_of_two_functions_with_one_name_the_last_counts() -> None:
    found = read_functions("def f(a): ...\ndef f(b): ...\n")
    assert [one.signature for one in found] == ["def f(b)"]
