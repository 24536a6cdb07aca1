from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.at import parse_at
from aifp.helpers.user_directives.internal.language.grammar.dates import (
    parse_date,
    parse_datetime,
)
from tests.helpers.user_directives.internal.language.grammar.answers import Answers, nobody

NO_DATES = ("0001-01-01", "1999-12-31", "2200-01-01", "9999-12-31", "2027-02-29", "2027-13-01")
MORE_NO_DATES = (
    "2027-00-10",
    "2027-1-1",
    "27-01-01",
    "",
    "tomorrow",
    "2027-01-01-01",
    "2027-04-31",
)


@pytest.mark.req("I12")
@pytest.mark.parametrize("text", ["2000-01-01", "2038-01-20", "2028-02-29", "2199-12-31"])
def test_dates_from_2000_to_2199_are_read(text: str) -> None:
    assert parse_date(text) == text


@pytest.mark.req("I12")
@pytest.mark.parametrize("text", NO_DATES + MORE_NO_DATES)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(LanguageFault) as refused:
        parse_date(text)
    assert refused.value.code == "E303"


@pytest.mark.req("I12")
@given(st.dates())
def test_any_date_is_read_as_itself_or_refused(day: date) -> None:
    if 2000 <= day.year <= 2199:
        assert parse_date(day.isoformat()) == day.isoformat()
    else:
        with pytest.raises(LanguageFault):
            parse_date(day.isoformat())


@pytest.mark.req("I12")
@given(st.text(alphabet="0123456789-:T apm", max_size=25))
def test_any_text_like_a_date_is_read_or_refused_but_never_crashes(text: str) -> None:
    try:
        parse_at(text, Answers({"q.ampm": "05:00", "q.time_of_day": "07:00"}))
    except LanguageFault as refused:
        assert refused.code in {"E301", "E303", "E330", "E311", "E310", "E312"}


@pytest.mark.parametrize(
    "text", ["2027-03-01 09:00", "2027-03-01T09:00", "2027-03-01 at 9am", "2027-03-01 9:00:00"]
)
def test_a_date_with_a_time_has_one_normal_form(text: str) -> None:
    assert parse_datetime(text, nobody) == "2027-03-01T09:00:00"


def test_a_date_without_a_time_asks() -> None:
    answers = Answers({"q.time_of_day": "19:00"})
    assert parse_datetime("2027-03-01", answers) == "2027-03-01T19:00:00"
    assert answers.asked == {"q.time_of_day": ["07:00", "19:00"]}
