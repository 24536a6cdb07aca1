import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.expressions import (
    condition_text,
    parse_expression,
    write_expression,
)
from aifp.helpers.user_directives.internal.language.expressions.parser import (
    compare,
    membership,
    negative,
)
from aifp.helpers.user_directives.internal.language.expressions.tree import (
    Arithmetic,
    Between,
    Call,
    EntityRef,
    Expr,
    FullDate,
    Held,
    ListOf,
    MonthDay,
    Not,
    Null,
    Number,
    RunPath,
    Special,
    SunTime,
    Text,
    TextTest,
    TimeOfDay,
    Truth,
    both,
    either,
)

EXAMPLES = [
    ("sensor.rain_24h is below 4", "sensor.rain_24h < 4"),
    ("climate.sauna is heat", 'climate.sauna == "heat"'),
    ("sensor.freezer is above -12 for 15m", "sensor.freezer > -12 for 15m"),
    (
        "read.depth > 5000 and time between 06:00 and 20:00",
        "read.depth > 5000 and time between 06:00 and 20:00",
    ),
    ("trigger.id is hot", 'trigger.id == "hot"'),
    ("price.now < 0 AND battery.level < 90", "price.now < 0 and battery.level < 90"),
    ('input_boolean.holiday is "off"', 'input_boolean.holiday == "off"'),
]
FORMS = [
    ("a.b == 1 || a.b == 2 && ! c.d", "a.b == 1 or a.b == 2 and not c.d"),
    ("(a.b is on or c.d is on) and e.f is on", 'WRAP and e.f == "on"'),
    ("((a.b)) == (1)", "a.b == 1"),
    ("not (a.b is on)", 'not a.b == "on"'),
    ("not (a.b or c.d)", "not (a.b or c.d)"),
    ("a.b is not off", 'a.b != "off"'),
    ("a.b is not known", "not known(a.b)"),
    ("a.b is unknown", "not known(a.b)"),
    ("a.b is not unknown", "known(a.b)"),
    ("a.b is in [on, off]", 'a.b in ["on", "off"]'),
    ("a.b is not in [on, 5]", 'a.b not in ["on", 5]'),
    ("a.b is between 1 and 5", "a.b between 1 and 5"),
    ("a.b is not between 1 and 5", "not a.b between 1 and 5"),
    ("a.b is more than 5", "a.b > 5"),
    ("a.b is greater than 5", "a.b > 5"),
    ("a.b is less than 5", "a.b < 5"),
    ("a.b is at least 5", "a.b >= 5"),
    ("a.b is at most 5", "a.b <= 5"),
    ("a.b over 5 and a.b under 7", "a.b > 5 and a.b < 7"),
    ("a.b exceeds 60%", "a.b > 60"),
    ("time is after 7:30 pm", "time > 19:30"),
    ("current_time before noon", "time < 12:00"),
    ("time between 11pm and midnight", "time between 23:00 and 00:00"),
    ("time after sunset - 90 minutes", "time > sunset - 90m"),
    ("time before sunrise + 1h 30m", "time < sunrise + 90m"),
    ("date between 12-01 and 01-06", "date between 12-01 and 01-06"),
    ("date == 2027-12-24", "date == 2027-12-24"),
    ("weekday is Monday", 'weekday == "mon"'),
    ("weekday in [saturdays, sun]", 'weekday in ["sat", "sun"]'),
    ("sun is up", 'sun == "up"'),
    ("sun.sun is above_horizon", 'sun.sun == "above_horizon"'),
    ("light.desk.brightness > 1.50", "light.desk.brightness > 1.5"),
    ('light.desk["friendly name"] contains desk', 'light.desk["friendly name"] contains "desk"'),
    ("a.b starts with x", 'a.b starts with "x"'),
    ("a.b ENDS WITH 'x'", 'a.b ends with "x"'),
    ("a.b matches '*.xml'", 'a.b matches "*.xml"'),
    ("1 + 2 * 3 - (4 - 5) > 0", "1 + 2 * 3 - (4 - 5) > 0"),
    ("(1 + 2) * 3 / (4 * 5) > -(a.b)", "(1 + 2) * 3 / (4 * 5) > -a.b"),
    ("1e3 < 2.0", "1000 < 2"),
    ('state("light.desk") is on', 'light.desk == "on"'),
    ('state("my weird id") is on', 'state("my weird id") == "on"'),
    ('state("input.x") is on', 'state("input.x") == "on"'),
    ("round(a.b, 1) > min(1, 2)", "round(a.b, 1) > min(1, 2)"),
    ("age(a.b) > 60", "age(a.b) > 60"),
    ('steps.sums["a key"][0].total == null', 'steps.sums["a key"][0].total == null'),
    ("item", "item"),
    ("input.urgent is true and input.x is none", "input.urgent == true and input.x == null"),
    ("(a.b is on and c.d is on) for 90 minutes", '(a.b == "on" and c.d == "on") for 90m'),
    ("a.b is on for two hours", 'a.b == "on" for 2h'),
    ("a.b\n  is\ton", 'a.b == "on"'),
    (r'a.b == "say \"hi\" \\ "', r'a.b == "say \"hi\" \\ "'),
    ("a.b is mon", 'a.b == "mon"'),
    ("vars.period is day", 'vars.period == "day"'),
]


@pytest.mark.req("D36")
@pytest.mark.parametrize(("written", "stored"), EXAMPLES)
def test_every_condition_of_the_format_examples_has_its_normal_form(
    written: str, stored: str
) -> None:
    assert write_expression(parse_expression(written)) == stored


@pytest.mark.parametrize(("written", "stored"), FORMS)
def test_a_condition_is_stored_in_its_normal_form(written: str, stored: str) -> None:
    stored = stored.replace("WRAP", '(a.b == "on" or c.d == "on")')
    assert write_expression(parse_expression(written)) == stored
    assert write_expression(parse_expression(stored)) == stored


def test_the_vents_example_combines_a_list_and_a_map() -> None:
    written = [
        {"any": ["cover.vents is known", "input_boolean.manual is off"]},
        "weekday not in [sun]",
    ]
    assert condition_text(written) == (  # pyright: ignore[reportArgumentType]
        '(known(cover.vents) or input_boolean.manual == "off") and weekday not in ["sun"]'
    )


def test_maps_mean_all_any_none_and_not() -> None:
    assert condition_text({"all": ["a.b", "c.d"]}) == "a.b and c.d"
    assert condition_text({"any": ["a.b", "c.d"]}) == "a.b or c.d"
    assert condition_text({"none": ["a.b", "c.d"]}) == "not (a.b or c.d)"
    assert condition_text({"not": "a.b and c.d"}) == "not (a.b and c.d)"


NUMBERS = st.one_of(
    st.integers(0, 2**53 - 1), st.floats(0.001, 1e12, allow_nan=False).filter(lambda x: x % 1 > 0)
).map(Number)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{"), max_size=12).map(
    Text
)
WORDS = st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True)


def entity(domain: str, name: str, attribute: str | None) -> Expr:
    return EntityRef(f"{domain}x.{name}", attribute)


def called(function: str, argument: Expr) -> Expr:
    return Call(function, (argument,))


def among(item: Expr, options: ListOf, negated: str) -> Expr:
    return membership(item, options, negated=negated == "not")


ENTITIES: st.SearchStrategy[Expr] = st.builds(
    entity, WORDS, WORDS, st.none() | WORDS | st.just("a b")
)
PATHS = st.lists(WORDS | st.integers(0, 99) | st.just('k"'), max_size=3).map(
    lambda parts: RunPath(("vars", *parts))
)
TIMES = st.times().map(lambda t: TimeOfDay(f"{t.hour:02d}:{t.minute:02d}"))
DAYS = st.dates().filter(lambda d: 2000 <= d.year < 2200)
SUN = st.builds(
    SunTime,
    st.sampled_from(["sunrise", "sunset"]),
    st.integers(-720, 720).map(lambda minutes: minutes * 60_000),
)
NUMERIC: st.SearchStrategy[Expr] = st.recursive(
    NUMBERS | ENTITIES | PATHS | st.just(Special("day")),
    lambda inner: st.one_of(
        st.builds(Arithmetic, st.sampled_from(["+", "-", "*", "/"]), inner, inner),
        inner.map(negative),
        st.builds(called, st.just("abs"), inner),
    ),
    max_leaves=6,
)
VALUES = st.one_of(
    NUMERIC,
    TEXTS,
    TIMES,
    SUN,
    st.booleans().map(Truth),
    st.just(Null()),
    DAYS.map(lambda d: FullDate(d.isoformat())),
    DAYS.map(lambda d: MonthDay(d.strftime("%m-%d"))),
    st.sampled_from(["time", "date", "weekday", "month", "sun"]).map(Special),  # pyright: ignore[reportArgumentType]
)
LISTS = st.lists(VALUES, min_size=1, max_size=4).map(lambda items: ListOf(tuple(items)))
TESTS = st.one_of(
    st.builds(compare, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), VALUES, VALUES),
    st.builds(among, VALUES, LISTS, st.sampled_from(["not", ""])),
    st.builds(Between, VALUES, VALUES, VALUES),
    st.builds(
        TextTest,
        st.sampled_from(["contains", "matches", "starts with", "ends with"]),
        VALUES,
        VALUES | LISTS,
    ),
    ENTITIES,
)
CONDITIONS: st.SearchStrategy[Expr] = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(both, inner, inner),
        st.builds(either, inner, inner),
        inner.map(Not),
        st.builds(Held, inner, st.integers(1, 10_000).map(lambda s: s * 1000)),
        st.builds(called, st.just("known"), inner),
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(CONDITIONS)
def test_what_is_written_reads_back_as_the_same_tree(condition: Expr) -> None:
    assert parse_expression(write_expression(condition)) == condition
