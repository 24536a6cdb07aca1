import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.durations import (
    TEN_YEARS,
    parse_duration,
    write_duration,
)
from aifp.helpers.user_directives.internal.language.grammar.every import parse_every
from aifp.helpers.user_directives.internal.language.grammar.on import parse_on
from aifp.helpers.user_directives.internal.language.grammar.policies import (
    parse_approve,
    parse_catch_up,
    parse_check,
    parse_limit,
    parse_need,
    parse_reply,
    parse_retry,
)
from tests.helpers.user_directives.internal.language.grammar.answers import nobody

MEANINGS = {
    "90s": 90_000,
    "5m": 300_000,
    "1h 30m": 5_400_000,
    "1h30m": 5_400_000,
    "1.5h": 5_400_000,
    "an hour": 3_600_000,
    "a minute": 60_000,
    "twelve hours": 43_200_000,
    "one week two days": 777_600_000,
    "2 weeks": 1_209_600_000,
    "1 hr 5 mins 3 secs": 3_903_000,
    "250ms": 250,
    "0.25 s": 250,
    "  10   MINUTES ": 600_000,
    "3650d": TEN_YEARS,
}
REFUSED = {
    "": "E310",
    "5": "E310",
    "-5m": "E310",
    "P1D": "E310",
    "1e9d": "E310",
    "5 parsecs": "E310",
    "m": "E310",
    "zero minutes": "E310",
    "5m 1h": "E310",
    "5m 6m": "E310",
    "1h, 5m": "E310",
    "\u0665m": "E310",
    "5\u212a": "E310",
    "0s": "E311",
    "3651d": "E311",
    "1000000000d": "E311",
    "9" * 5_000 + "s": "E311",
    "0.5ms": "E312",
    "1.0001s": "E312",
}
HOSTILE = ("0s", "-5m", "1e9d", "5", "P1D")


@pytest.mark.req("I13")
@pytest.mark.parametrize("text", MEANINGS)
def test_a_duration_is_a_whole_number_of_milliseconds(text: str) -> None:
    assert parse_duration(text) == MEANINGS[text]


@pytest.mark.req("I13")
@pytest.mark.parametrize("text", REFUSED, ids=lambda t: t[:12])
def test_what_is_no_duration_is_refused_with_its_code(text: str) -> None:
    with pytest.raises(LanguageFault) as refused:
        parse_duration(text)
    assert refused.value.code == REFUSED[text]


@pytest.mark.req("I13")
@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "field",
    [
        "every {}",
        "state door.front for {}",
        "value sensor.t above 1 for {}",
        "when sensor.t > 1 for {}",
    ],
)
def test_every_start_refuses_hostile_durations(field: str, text: str) -> None:
    with pytest.raises(LanguageFault):
        parse_on(field.format(text), nobody)


@pytest.mark.req("I13")
@pytest.mark.parametrize("text", HOSTILE)
def test_every_policy_refuses_hostile_durations(text: str) -> None:
    readers = (
        (parse_retry, f"2 times after {text}"),
        (parse_retry, f"2 times after 30s up to {text}"),
        (parse_catch_up, f"last within {text}"),
        (parse_catch_up, f"all within {text}"),
        (parse_limit, f"5 per {text}"),
        (parse_approve, f"each run within {text}"),
        (parse_need, f"other within {text}"),
        (parse_check, text),
        (parse_check, f"every {text}"),
        (parse_reply, f"result within {text}"),
    )
    for reader, written in readers:
        with pytest.raises(LanguageFault):
            reader(written)


@pytest.mark.req("I13")
@pytest.mark.parametrize("text", ["1ms", "999ms", "0.5s", "3651d", "522w"])
def test_an_interval_is_from_one_second_to_ten_years(text: str) -> None:
    with pytest.raises(LanguageFault) as refused:
        parse_every(text, nobody)
    assert refused.value.code == "E311"
    assert (refused.value.names["lo"], refused.value.names["hi"]) == ("1s", "3650d")


@pytest.mark.req("I13")
@pytest.mark.parametrize("text", ["sunset - 13h", "sunrise + 721m", "13h before sunset"])
def test_a_sun_offset_is_at_most_twelve_hours(text: str) -> None:
    with pytest.raises(LanguageFault) as refused:
        parse_on(text, nobody)
    assert refused.value.code == "E311"


@pytest.mark.req("I13")
@given(st.integers(1, TEN_YEARS))
def test_a_written_duration_reads_back_as_itself(ms: int) -> None:
    assert parse_duration(write_duration(ms)) == ms


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0s"), (1, "1ms"), (5_400_000, "90m"), (604_800_000, "1w"), (86_400_000, "1d")],
)
def test_the_normal_form_uses_the_largest_unit_that_fits(ms: int, text: str) -> None:
    assert write_duration(ms) == text


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_but_never_crashes(text: str) -> None:
    try:
        assert parse_duration(text) >= 1
    except LanguageFault as refused:
        assert refused.code in {"E310", "E311", "E312"}
