import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.faults import LanguageFault, OpenQuestion
from aifp.helpers.user_directives.internal.language.grammar.at import parse_at
from aifp.helpers.user_directives.internal.language.grammar.clock import parse_time, write_time
from tests.helpers.user_directives.internal.language.grammar.answers import Answers

TIMES = {
    "18:00": "18:00",
    "6:30": "06:30",
    "06:30:00": "06:30",
    "06:30:15": "06:30:15",
    "7pm": "19:00",
    "7 p.m.": "19:00",
    "7:30 AM": "07:30",
    "12am": "00:00",
    "12 pm": "12:00",
    "noon": "12:00",
    "Midnight": "00:00",
    "0:00": "00:00",
    "23:59:59": "23:59:59",
}
NO_TIMES = ("24:00", "25:99", "12:60", "12:00:60", "13pm", "0am", "5", "18", "", "18:0", "1800")
MORE_NO_TIMES = ("-1:00", "18:00 x", "18.00", "\u0661\u0668:00", "half past six", "18:00:00:00")


@pytest.mark.req("I12")
@pytest.mark.parametrize("text", TIMES)
def test_a_time_of_day_has_one_normal_form(text: str) -> None:
    assert parse_time(text) == TIMES[text]


@pytest.mark.req("I12")
@pytest.mark.parametrize("text", NO_TIMES + MORE_NO_TIMES)
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(LanguageFault) as refused:
        parse_time(text)
    assert refused.value.code == "E301"


@given(st.times())
def test_a_written_time_reads_back_as_itself(time: dt.time) -> None:
    written = write_time((time.hour, time.minute, time.second))
    assert parse_time(written) == written


def test_an_hour_alone_asks_for_morning_or_evening() -> None:
    answers = Answers()
    with pytest.raises(OpenQuestion) as open_question:
        parse_at("5", answers)
    assert open_question.value.question_id == "q.ampm"
    assert answers.asked == {"q.ampm": ["05:00", "17:00"]}


def test_several_hours_alone_are_asked_about_together() -> None:
    answers = Answers({"q.ampm": "17:00, 19:00"})
    (start,) = parse_at("5, 18:30 and 7", answers)[:1]
    assert answers.asked == {"q.ampm": ["05:00, 07:00", "17:00, 19:00"]}
    assert start.wire() == {"kind": "cron", "expr": "0 17,19 * * *"}


def test_noon_and_midnight_as_lone_hours_are_offered_as_such() -> None:
    answers = Answers({"q.ampm": "12:00"})
    parse_at("12", answers)
    assert answers.asked == {"q.ampm": ["00:00", "12:00"]}


@pytest.mark.parametrize("answer", ["17:00, 18:00", "later", "25:00", "5"])
def test_an_answer_that_is_no_time_is_refused(answer: str) -> None:
    with pytest.raises(LanguageFault) as refused:
        parse_at("5", Answers({"q.ampm": answer}))
    assert refused.value.code == "E301"
