"""When two results are the same."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import JsonValue

from aifp.helpers.lifecycle.internal.equality import Tolerated, differences, path_of, tolerated
from aifp.schemas.artifacts import TestCase


def letting(*, ignored: str = "", sets: str = "", by: float = 0.0) -> Tolerated:
    paths = [[t for t in text.split(" ") if t] for text in (ignored, sets)]
    return tolerated(TestCase(ignore_paths=paths[0], set_paths=paths[1], tolerance=by))


@pytest.mark.req("T10")
@pytest.mark.parametrize(
    ("expected", "actual"),
    [(1, 1.0), ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}), ([], []), (None, None), (10**400, 10**400)],
)
def test_values_of_the_same_canonical_form_are_the_same(
    expected: JsonValue, actual: JsonValue
) -> None:
    assert differences(expected, actual).none


@pytest.mark.req("T10")
@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (1, True),
        (0, False),
        (0, None),
        ("1", 1),
        ([], {}),
        ("", None),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ({"a": None}, {}),
        (10**400, 1.0),
    ],
)
def test_values_of_another_form_differ(expected: JsonValue, actual: JsonValue) -> None:
    assert not differences(expected, actual).none
    assert not differences(actual, expected, Tolerated(by=0.5)).none


@pytest.mark.req("T10")
def test_what_is_missing_new_and_other_is_listed_and_values_only_three_times() -> None:
    before: JsonValue = {"gone": 1, **dict.fromkeys("abcd", 1)}
    after: JsonValue = {"more": 1, **dict.fromkeys("abcd", 2)}
    found = differences(before, after)
    assert (found.missing, found.extra) == (["gone"], ["more"])
    assert found.values == ["a: 1 became 2", "b: 1 became 2", "c: 1 became 2"]
    assert found.told()[:2] == ["gone is missing", "more is new"]


@pytest.mark.req("T10")
def test_a_time_under_an_ignored_path_may_differ() -> None:
    before: JsonValue = {"at": "10:00", "rows": [{"id": 1, "v": 1}, {"id": 2, "v": 1}]}
    after: JsonValue = {"at": "11:00", "rows": [{"id": 3, "v": 1}, {"v": 1}]}
    assert differences(before, after, letting(ignored="at rows.*.id")).none
    assert differences(before, after, letting(ignored="at rows.0.id")).missing == ["rows.1.id"]
    assert differences({"at": 1}, {}, letting(ignored="at")).none


@pytest.mark.req("T10")
def test_the_order_of_a_list_matters_unless_it_is_declared_a_set() -> None:
    before: JsonValue = {"tags": ["a", "b", {"n": 1.0}]}
    after: JsonValue = {"tags": [{"n": 1.05}, "b", "a"]}
    assert not differences(before, after).none
    assert differences(before, after, letting(sets="tags", by=0.1)).none
    assert not differences(before, after, letting(sets="tags")).none
    assert differences(["a", "a"], ["a"], letting(sets=" ")).missing == ["1"]


@pytest.mark.req("T10")
def test_numbers_may_differ_by_what_is_declared() -> None:
    assert differences({"x": 1.0}, {"x": 1.09}, letting(by=0.1)).none
    assert not differences({"x": 1.0}, {"x": 1.2}, letting(by=0.1)).none


def test_values_nested_too_deeply_are_no_fault_of_the_comparison() -> None:
    deep: JsonValue = 1
    for _ in range(5_000):
        deep = [deep]
    assert "nested too deeply" in differences(deep, [deep]).told()[0]


values = some.recursive(
    some.none() | some.booleans() | some.integers(-5, 5) | some.text(max_size=3),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=2), inner),
    max_leaves=8,
)


@pytest.mark.req("T10")
@given(values, values)
def test_differing_is_the_same_from_both_sides(left: JsonValue, right: JsonValue) -> None:
    assert differences(left, left).none
    there, back = differences(left, right), differences(right, left)
    assert there.none == back.none
    assert (there.missing, there.extra) == (back.extra, back.missing)


@pytest.mark.req("T10")
@given(some.lists(values, max_size=5), some.randoms())
def test_a_set_is_the_same_in_every_order(items: list[JsonValue], random: Random) -> None:
    mixed = sorted(items, key=lambda _: random.random())
    may = Tolerated(sets=frozenset({path_of("rows")}))
    assert differences({"rows": items}, {"rows": mixed}, may).none
