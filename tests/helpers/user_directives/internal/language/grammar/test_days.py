import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.cron_fields import join_values
from aifp.helpers.user_directives.internal.language.grammar.days import (
    parse_days,
    read_day_numbers,
)
from aifp.helpers.user_directives.internal.language.readings.time_texts import days_text
from tests.helpers.user_directives.internal.language.grammar.answers import Answers, nobody

DAYS = {
    "mon": "1",
    "mon, wed, fri": "1,3,5",
    "Mondays and Fridays": "1,5",
    "weekday": "1-5",
    "workdays": "1-5",
    "weekends": "0,6",
    "fri-mon": "0,1,5,6",
    "mon-sun": "0-6",
    "sunday": "0",
    "tue - thu, and sat": "2-4,6",
    "weekdays, sat": "1-6",
    "mon, mon": "1",
}


@pytest.mark.parametrize("text", DAYS)
def test_weekdays_become_cron_weekdays(text: str) -> None:
    assert parse_days(text) == DAYS[text]


@pytest.mark.parametrize("text", ["", "tues", "monday-", "mo", "1", "mon fri", "mon, ", "day"])
def test_what_is_no_day_list_is_refused(text: str) -> None:
    with pytest.raises(LanguageFault) as refused:
        parse_days(text)
    assert refused.value.code == "E304"


@given(st.sets(st.integers(0, 6), min_size=1))
def test_written_weekdays_read_back_as_themselves(days: set[int]) -> None:
    field = join_values(days)
    assert parse_days(days_text(field)) == field


def test_numbers_as_days_ask_and_default_to_the_day_of_the_month() -> None:
    answers = Answers()
    assert read_day_numbers([1], answers) == ("1", "*")
    assert answers.asked == {"q.days_int": ["day 1 of the month", "Monday"]}
    assert read_day_numbers([1, 3], Answers({"q.days_int": "Monday, Wednesday"})) == ("*", "1,3")


@pytest.mark.parametrize(
    ("numbers", "fields"), [([1, 15], ("1,15", "*")), ([0, 6], ("*", "0,6")), ([31], ("31", "*"))]
)
def test_numbers_that_can_mean_only_one_thing_do_not_ask(
    numbers: list[int], fields: tuple[str, str]
) -> None:
    assert read_day_numbers(numbers, nobody) == fields


@pytest.mark.parametrize("numbers", [[32], [-1], [0, 15]])
def test_numbers_that_are_no_days_are_refused(numbers: list[int]) -> None:
    with pytest.raises(LanguageFault) as refused:
        read_day_numbers(numbers, nobody)
    assert refused.value.code == "E305"
