from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.expressions import (
    evaluate,
    held_tests,
    names_of,
    parse_expression,
)
from aifp.helpers.user_directives.internal.language.expressions.values import wildcard
from tests.helpers.user_directives.internal.language.expressions.worlds import (
    SmallWorld,
    at,
)

WORD = {True: "true", False: "false", None: "gone.gone == 1"}
Three = bool | None


def verdict(text: str, world: SmallWorld | None = None) -> Three:
    return evaluate(parse_expression(text), world or SmallWorld()).value


AND: dict[tuple[Three, Three], Three] = {
    (True, True): True, (True, False): False, (True, None): None,
    (False, True): False, (False, False): False, (False, None): False,
    (None, True): None, (None, False): False, (None, None): None,
}  # fmt: skip
OR: dict[tuple[Three, Three], Three] = {
    (True, True): True, (True, False): True, (True, None): True,
    (False, True): True, (False, False): False, (False, None): None,
    (None, True): True, (None, False): None, (None, None): None,
}  # fmt: skip


@pytest.mark.parametrize("pair", AND)
def test_and_and_or_follow_three_valued_logic(pair: tuple[Three, Three]) -> None:
    left, right = (WORD[value] for value in pair)
    assert verdict(f"{left} and {right}") is AND[pair]
    assert verdict(f"{left} or {right}") is OR[pair]


def test_not_leaves_unknown_unknown() -> None:
    assert [verdict(f"not {WORD[v]}") for v in (True, False, None)] == [False, True, None]


def test_an_unknown_verdict_names_what_could_not_be_read() -> None:
    result = evaluate(parse_expression("light.desk is on and sensor.a.unit > 5"), SmallWorld())
    assert (result.value, result.unknown) == (None, ("light.desk", "sensor.a.unit"))


WORLD = SmallWorld(
    entities={
        "sensor.temp": "21.5",
        "sensor.word": "abc",
        "light.desk": "on",
        "light.desk.brightness": 128,
        "light.desk.modes": ["day", "night"],
        "sensor.empty": None,
        "my weird id": "on",
    },
    run={"trigger": {"id": "hot"}, "input": {"n": 5, "urgent": True, "list": [1, "2"], "t": "x"}},
    changes={"light.desk": at("2027-03-01T11:59:00")},
)
JUDGED: list[tuple[str, Three]] = [
    ("sensor.temp > 21", True),
    ("sensor.temp == 21.5", True),
    ("sensor.temp + 1 == 22.5", True),
    ("sensor.word > 5", None),
    ("sensor.word == 5", False),
    ("sensor.word != 5", True),
    ('sensor.word < "abd"', None),
    ('sensor.word == "abc"', True),
    ("light.desk is on", True),
    ('state("my weird id") is on', True),
    ("light.desk", None),
    ("light.desk.brightness between 1 and 128", True),
    ("light.desk.modes contains night", True),
    ("light.desk.modes contains noon", False),
    ("light.desk.modes == 5", False),
    ("light.desk.modes > 5", None),
    ("sensor.empty == null", True),
    ("sensor.empty > 5", None),
    ("sensor.empty is known", False),
    ("gone.gone is known", False),
    ("gone.gone == null", None),
    ("light.desk is known", True),
    ("trigger.id is hot", True),
    ("trigger.other is hot", None),
    ("input.urgent", True),
    ("input.urgent == 1", False),
    ("input.urgent > 0", None),
    ("input.n in [1, 5]", True),
    ("input.n not in [1, 5]", False),
    ("input.n in [1, gone.gone]", None),
    ("input.n in [5, gone.gone]", True),
    ("gone.gone in [1]", None),
    ("input.list[1] == 2", True),
    ("input.list[7] == 2", None),
    ("input.n / 0 > 1", None),
    ("input.n * 1e300 * 1e300 > 1", None),
    ("input.t + 1 > 1", None),
    ("-input.n == -5", True),
    ("abs(-3) == 3 and round(2.567, 1) == 2.6 and round(2.5) == 2", True),
    ("min(3, 1, 2) == 1 and max(input.list) == 2", True),
    ("len(light.desk.modes) == 2 and len('abc') == 3", True),
    ("lower('ABC') == 'abc' and upper('abc') == 'ABC'", True),
    ("number('12.5') == 12.5 and text(12) == '12'", True),
    ("number('x') > 1", None),
    ("age(light.desk) == 60", True),
    ("age(gone.gone) > 1", None),
    ("'invoice.xml' matches '*.xml' and 'a' matches '?'", True),
    ("'invoice.xml' matches '*.pdf'", False),
    ("'abc' starts with ab and 'abc' ends with bc and 'abc' contains b", True),
    ("5 contains 5", None),
    ("time == 12:00 and weekday is mon and day == 1 and month == 3", True),
    ("date == 2027-03-01 and date == 03-01", True),
    ("time > 5", None),
    ("time == 'noon'", False),
    ("date > 02-28 and date < 2027-03-02", True),
]


@pytest.mark.parametrize(("text", "expected"), JUDGED)
def test_a_condition_is_true_false_or_unknown(text: str, expected: Three) -> None:
    assert verdict(text, WORLD) is expected


WINDOWS = [
    ("time between 06:00 and 20:00", "06:00:00", True),
    ("time between 06:00 and 20:00", "19:59:59", True),
    ("time between 06:00 and 20:00", "20:00:00", False),
    ("time between 23:00 and 06:00", "23:00:00", True),
    ("time between 23:00 and 06:00", "00:30:00", True),
    ("time between 23:00 and 06:00", "06:00:00", False),
    ("time between 23:00 and 06:00", "12:00:00", False),
    ("time > 23:00", "00:30:00", False),
    ("time > 23:00", "23:00:00", False),
]


@pytest.mark.parametrize(("text", "clock", "expected"), WINDOWS)
def test_time_windows_leave_out_the_end_and_wrap_at_midnight(
    text: str, clock: str, expected: Three
) -> None:
    assert verdict(text, SmallWorld(moment=at(f"2027-03-01T{clock}"))) is expected


SEASONS = [
    ("date between 12-01 and 01-06", "2027-12-01", True),
    ("date between 12-01 and 01-06", "2028-01-06", True),
    ("date between 12-01 and 01-06", "2028-01-07", False),
    ("date between 02-29 and 03-01", "2027-03-01", True),
    ("date between 2027-01-01 and 2027-01-31", "2027-01-31", True),
    ("date between 2027-01-01 and 2027-01-31", "2028-01-15", False),
]


@pytest.mark.parametrize(("text", "day", "expected"), SEASONS)
def test_date_ranges_include_both_ends_and_wrap_the_year(
    text: str, day: str, expected: Three
) -> None:
    assert verdict(text, SmallWorld(moment=at(f"{day}T10:00:00"))) is expected


def test_number_ranges_include_both_ends() -> None:
    assert [verdict(f"{n} between 1 and 5") for n in (0, 1, 5, 6)] == [False, True, True, False]


def test_the_sun_has_times_with_offsets_or_none_at_all() -> None:
    evening = SmallWorld(
        moment=at("2027-03-01T18:45:00"), sky={"sunset": at("2027-03-01T19:00:00")}, up=True
    )
    assert verdict("time > sunset - 30m", evening) is True
    assert verdict("time > sunset", evening) is False
    assert verdict("sun is up", evening) is True
    assert verdict("time > sunset", SmallWorld()) is None
    assert verdict("sun is up", SmallWorld()) is None


def test_a_held_test_is_true_only_after_its_time_without_a_break() -> None:
    text = "light.desk is on for 20m"
    key = 'light.desk == "on"'
    assert [*held_tests(parse_expression(text))] == [key]
    now = at("2027-03-01T12:00:00")
    for minutes, expected in ((None, False), (19, False), (20, True)):
        holds = {} if minutes is None else {key: now - timedelta(minutes=minutes)}
        world = SmallWorld(moment=now, entities={"light.desk": "on"}, holds=holds)
        assert verdict(text, world) is expected
    assert verdict(text, SmallWorld(entities={"light.desk": "off"})) is False
    assert verdict(text, SmallWorld()) is None


def test_a_hold_counts_elapsed_time_over_a_clock_change() -> None:
    since = datetime(2027, 3, 28, 0, 50, tzinfo=UTC).astimezone(at("2027-03-28T00:00:00").tzinfo)
    now = datetime(2027, 3, 28, 1, 10, tzinfo=UTC).astimezone(since.tzinfo)
    world = SmallWorld(moment=now, entities={"a.b": 1}, holds={"a.b == 1": since})
    assert verdict("a.b == 1 for 21m", world) is False
    assert verdict("a.b == 1 for 20m", world) is True


def test_the_names_of_a_condition_are_known_before_it_is_tested() -> None:
    names = names_of(
        parse_expression("light.desk.brightness > read.depth for 5m and age(a.b) > 1 and sun is up")
    )
    assert names.entities == {"light.desk", "a.b"}
    assert names.run_paths == {"read.depth"}
    assert names.functions == {"age"}
    assert names.specials == {"sun"}
    assert names.has_for


def test_a_condition_of_two_hundred_parts_is_read_and_tested() -> None:
    long = " + ".join(["1"] * 99) + " == 99"
    assert verdict(long) is True
    assert verdict(" and ".join(["true"] * 199)) is True
    assert verdict("-(" * 29 + "1" + ")" * 29 + " == -1") is True


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_a_pattern_agrees_with_plain_recursion(pattern: str, text: str) -> None:
    def matches(t: str, p: str) -> bool:
        if not p:
            return not t
        if p[0] == "*":
            return matches(t, p[1:]) or (bool(t) and matches(t[1:], p))
        return bool(t) and p[0] in {"?", t[0]} and matches(t[1:], p[1:])

    assert wildcard(text, pattern) is matches(text, pattern)


def test_a_pattern_of_many_stars_ends_soon() -> None:
    assert not wildcard("a" * 2000, "*a" * 30 + "b")
