import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.expressions import (
    parse_expression,
    read_condition,
    warnings_of,
)
from aifp.helpers.user_directives.internal.language.faults import LanguageFault

REFUSED = [
    ("a.b == 'x" + "y" * 2000 + "'", "E401", 2000),
    ("a.b ? c.d", "E402", 4),
    ("a.b == 'open", "E402", 7),
    ("a.b == 5 @", "E402", 9),
    ("", "E403", 0),
    ("a.b ==", "E403", 6),
    ("a.b == 1 c.d", "E403", 9),
    ("a.b < 1 < 2", "E403", 8),
    ("a.b in c.d", "E403", 7),
    ("a.b in []", "E403", 8),
    ("(a.b", "E403", 4),
    ("a.b is", "E403", 6),
    ("a.b is and c.d", "E403", 7),
    ("a.b between 1 or 2", "E403", 14),
    ("a.b more than 5", "E403", 4),
    ("sunset + 'x' == 2", "E310", 9),
    ("12:00 + 1 == 2", "E403", 6),
    ("-sunset < time", "E403", 0),
    ("min() > 1", "E403", 0),
    ("age('x') > 1", "E403", 0),
    ("state(light.desk) is on", "E403", 0),
    ("a.b[c.d]", "E403", 4),
    ("(" * 31 + "a.b" + ")" * 31, "E404", 31),
    ("not " * 31 + "a.b", "E404", None),
    ("a.b in [" + "1," * 100 + "1]", "E404", None),
    (" and ".join(["a.b == 1"] * 67), "E404", 0),
    ("1" + "+1" * 999, "E404", None),
    ("1" + "*1" * 900 + " > 2", "E404", None),
    ("a.b" + " or a.b" * 280, "E404", None),
    ("x.y in " + "[" * 1900, "E404", None),
    ("abs(" * 450 + "1", "E404", None),
    ("a.b" + ".c" * 900, "E407", 0),
    ("a.b = 5", "E405", 4),
    ("sqrt(4) > 1", "E406", 0),
    ("a.b == on", "E407", 7),
    ("cpu_load > 5", "E407", 0),
    ("a.b.c.d > 5", "E407", 0),
    ("Light.Desk is on", "E407", 0),
    ("secrets.TOKEN == 'x'", "E408", 0),
    ("a.b == '{{ vars.x }}'", "E409", 8),
    ("{% if x %}", "E409", 0),
    ("a.b is on for ever", "E310", 14),
    ("time < sunset - 5", "E310", 16),
    ("time > 25:00", "E301", 7),
    ("date == 2027-02-30", "E303", 8),
    ("date == 02-30", "E303", 8),
    ("date == 1999-01-01", "E303", 8),
    ("a.b > 1e999", "E112", 6),
    ("a.b > 9007199254740992", "E112", 6),
    ("a.b > " + "9" * 1900, "E112", 6),
]


@pytest.mark.parametrize(("text", "code", "offset"), REFUSED, ids=[r[0][:30] for r in REFUSED])
def test_what_is_outside_the_grammar_is_refused_with_its_place(
    text: str, code: str, offset: int | None
) -> None:
    with pytest.raises(LanguageFault) as caught:
        parse_expression(text)
    assert caught.value.code == code
    if offset is not None:
        assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("value", "code", "path"),
    [
        ({"al": ["a.b"]}, "E201", "/al"),
        ({"all": "a.b"}, "E203", "/all"),
        ({"any": []}, "E203", "/any"),
        ({"all": ["a.b"], "any": ["c.d"]}, "E203", ""),
        (["a.b", {"not": "c ="}], "E407", "/1/not"),
        (5, "E203", ""),
        (None, "E203", ""),
        ([["a.b == 1"] * 70], "E404", ""),
    ],
)
def test_a_fault_in_a_combined_condition_names_the_part(
    value: object, code: str, path: str
) -> None:
    with pytest.raises(LanguageFault) as caught:
        read_condition(value)  # pyright: ignore[reportArgumentType]
    assert (caught.value.code, caught.value.names["path"]) == (code, path)


def test_deep_lists_are_refused_before_they_exhaust_the_stack() -> None:
    value: object = "a.b"
    for _ in range(40):
        value = [value]
    with pytest.raises(LanguageFault, match="E404"):
        read_condition(value)  # pyright: ignore[reportArgumentType]


@pytest.mark.req("I08")
@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text("abn.()[]<>=!+-*/%'\" 0123456789:isortdknw", max_size=80))
def test_any_text_is_either_a_condition_or_a_coded_fault(text: str) -> None:
    try:
        parse_expression(text)
    except LanguageFault as fault:
        assert fault.code[0] == "E" and 0 <= fault.offset <= 2000


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("time > 23:00", ["time > 23:00"]),
        ("22:30 <= time", ["time >= 22:30"]),
        ("time after sunset and a.b is on", ["time > sunset"]),
        ("time > 23:00 or time < 06:00", []),
        ("time >= 20:00 and time < 23:00", []),
        ("time between 23:00 and 06:00", []),
        ("time > 08:00", []),
        ("time < 23:00", []),
    ],
)
def test_an_evening_bound_alone_warns_that_it_ends_at_midnight(
    text: str, warned: list[str]
) -> None:
    warnings = warnings_of(parse_expression(text))
    assert [(w.code, w.names["x"]) for w in warnings] == [("W401", x) for x in warned]
