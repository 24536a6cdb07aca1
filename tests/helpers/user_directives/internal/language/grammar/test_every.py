import pytest
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault, OpenQuestion
from aifp.helpers.user_directives.internal.language.grammar.every import parse_every
from aifp.schemas.common import JsonMap
from tests.helpers.user_directives.internal.language.grammar.answers import Answers, nobody


def cron(expr: str, **more: JsonValue) -> JsonMap:
    return {"kind": "cron", "expr": expr, **more}


def interval(ms: int, **more: JsonValue) -> JsonMap:
    return {"kind": "interval", "every_ms": ms, **more}


def counted(unit: str, n: int, first: str) -> JsonMap:
    return {"unit": unit, "n": n, "from": first}


CALENDAR: dict[str, list[JsonMap]] = {
    "weekday at 18:00": [cron("0 18 * * 1-5")],
    "every weekday at 18:00": [cron("0 18 * * 1-5")],
    "day at 7:00 and 19:00": [cron("0 7,19 * * *")],
    "night at 1am": [cron("0 1 * * *")],
    "morning at 7:30": [cron("30 7 * * *")],
    "monday, wednesday at noon": [cron("0 12 * * 1,3")],
    "fri-mon at 8am": [cron("0 8 * * 0,1,5,6")],
    "friday night at 11pm": [cron("0 23 * * 5")],
    "month on last day at 23:30": [cron("30 23 L * *")],
    "month on the 1st, 15th and last at 9:00": [cron("0 9 1,15,L * *")],
    "month day 31 at 9:00": [cron("0 9 31 * *")],
    "month 3 at 9:00": [cron("0 9 3 * *")],
    "first monday at 9:00": [cron("0 9 * * 1#1")],
    "second friday of the month at 9:00": [cron("0 9 * * 5#2")],
    "4th sunday of each month at 9:00": [cron("0 9 * * 0#4")],
    "last friday of every month at 17:00": [cron("0 17 * * 5L")],
    "year on 12-24 at 18:00": [cron("0 18 24 12 *")],
    "year on 02-29 at 18:00": [cron("0 18 29 2 *")],
    "day at 9:00 from 2027-02-01": [cron("0 9 * * *", step=counted("day", 1, "2027-02-01"))],
    "2 days at 9:00 from 2027-02-01": [cron("0 9 * * *", step=counted("day", 2, "2027-02-01"))],
    "other day at 9:00 from 2027-02-01": [cron("0 9 * * *", step=counted("day", 2, "2027-02-01"))],
    "three days on weekdays at 9:00 from 2027-02-01": [
        cron("0 9 * * 1-5", step=counted("day", 3, "2027-02-01"))
    ],
    "2 weeks on mon, thu at 9:00 from 2027-02-01": [
        cron("0 9 * * 1,4", step=counted("week", 2, "2027-02-01"))
    ],
    "2 weeks at 9:00 from 2027-02-03": [cron("0 9 * * 3", step=counted("week", 2, "2027-02-03"))],
    "other tuesday at 9:00 from 2027-02-02": [
        cron("0 9 * * 2", step=counted("week", 2, "2027-02-02"))
    ],
    "1 day at 9:00": [cron("0 9 * * *")],
    "1 week on mon at 9:00": [cron("0 9 * * 1")],
}
INTERVALS: dict[str, JsonMap] = {
    "20m": interval(1_200_000),
    "every 20 minutes": interval(1_200_000),
    "second": interval(1_000),
    "minute": interval(60_000),
    "hour": interval(3_600_000),
    "an hour": interval(3_600_000),
    "20m between 07:00 and 22:00 on weekdays": interval(
        1_200_000, between=["07:00", "22:00"], days="1-5"
    ),
    "20m between 10pm and 6am": interval(1_200_000, between=["22:00", "06:00"]),
    "6h from 2027-01-01 06:00": interval(21_600_000, **{"from": "2027-01-01T06:00:00"}),
    "90s on sat from 2027-01-01": interval(90_000, days="6", **{"from": "2027-01-01T00:00:00"}),
    "2 days from 2027-01-01 at 6am": interval(172_800_000, **{"from": "2027-01-01T06:00:00"}),
}
REFUSED = {
    "": ("E330", 0),
    "5": ("E310", 0),
    "-5m": ("E310", 0),
    "P1D": ("E310", 0),
    "1ms": ("E311", 0),
    "0s": ("E311", 0),
    "3651 days": ("E311", 0),
    "0 days at 9:00": ("E311", 0),
    "600 weeks at 9:00": ("E311", 0),
    "30m at 9:00": ("E313", 4),
    "1.5 days at 9:00": ("E313", 9),
    "20m between 7:00": ("E301", 16),
    "20m between 7:00 and 25:00": ("E301", 21),
    "20m on blah": ("E304", 7),
    "20m from 2027-02-30": ("E303", 9),
    "20m from soon": ("E303", 9),
    "month on 32 at 9:00": ("E305", 9),
    "month on first monday at 9:00": ("E305", 9),
    "year on 02-30 at 9:00": ("E303", 8),
    "year on 13-01 at 9:00": ("E303", 8),
    "monday at 25:00": ("E301", 10),
    "monday at": ("E301", 9),
    "fifth monday at 9:00": ("E330", 0),
    "day at 9:00 daily": ("E330", 12),
    "full moon": ("E330", 0),
}


@pytest.mark.parametrize("text", CALENDAR)
def test_calendar_days_at_times_become_cron_starts(text: str) -> None:
    assert [start.wire() for start in parse_every(text, nobody)] == CALENDAR[text]


@pytest.mark.parametrize("text", INTERVALS)
def test_a_duration_becomes_an_interval(text: str) -> None:
    assert [start.wire() for start in parse_every(text, nobody)] == [INTERVALS[text]]


@pytest.mark.req("I13")
@pytest.mark.parametrize("text", REFUSED)
def test_an_every_text_that_is_wrong_is_refused_at_the_wrong_character(text: str) -> None:
    with pytest.raises(LanguageFault) as refused:
        parse_every(text, nobody)
    assert (refused.value.code, refused.value.offset) == REFUSED[text]


@pytest.mark.parametrize("text", ["day", "every night", "evening", "monday", "1d", "2 weeks"])
def test_days_without_a_time_ask_for_the_time(text: str) -> None:
    answers = Answers()
    with pytest.raises(OpenQuestion) as open_question:
        parse_every(text, answers)
    assert open_question.value.question_id == "q.time_of_day"
    assert answers.asked["q.time_of_day"] == ["07:00", "19:00"]


def test_a_whole_day_interval_becomes_calendar_days_once_the_time_is_told() -> None:
    answers = Answers({"q.time_of_day": "19:00", "q.anchor": "2027-01-04"})
    assert parse_every("1d", answers)[0].wire() == cron("0 19 * * *")
    assert parse_every("2 weeks", answers)[0].wire() == cron(
        "0 19 * * 1", step=counted("week", 2, "2027-01-04")
    )
    assert parse_every("10 days", answers)[0].wire() == cron(
        "0 19 * * *", step=counted("day", 10, "2027-01-04")
    )


def test_a_whole_day_interval_in_a_window_starts_its_grid_at_the_told_time() -> None:
    (start,) = parse_every("1d between 6am and 8am", Answers({"q.time_of_day": "07:00"}))
    assert start.wire() == interval(
        86_400_000, between=["06:00", "08:00"], **{"from": "2026-01-01T07:00:00"}
    )


def test_a_month_without_a_day_asks_for_the_day() -> None:
    answers = Answers()
    with pytest.raises(OpenQuestion):
        parse_every("month at 9:00", answers)
    assert answers.asked == {"q.month_day": [1, 15, "last"]}
    for answer, day in ((15, "15"), ("last", "L"), ("1 and 15", "1,15")):
        (start,) = parse_every("month at 9:00", Answers({"q.month_day": answer}))
        assert start.wire() == cron(f"0 9 {day} * *")


def test_every_second_week_without_a_first_date_takes_the_next_match() -> None:
    answers = Answers()
    (start,) = parse_every("2 weeks on mon at 9:00", answers, "2026-11-21")
    assert answers.asked == {"q.anchor": ["next match", "2026-11-23", "2026-11-30"]}
    assert start.wire() == cron("0 9 * * 1", step=counted("week", 2, "2026-11-23"))


def test_the_first_date_can_be_told() -> None:
    (start,) = parse_every("other day at 9:00", Answers({"q.anchor": "2027-03-05"}))
    assert start.wire() == cron("0 9 * * *", step=counted("day", 2, "2027-03-05"))
    with pytest.raises(LanguageFault) as refused:
        parse_every("other day at 9:00", Answers({"q.anchor": "soon"}))
    assert refused.value.code == "E303"


@pytest.mark.parametrize(
    ("answer", "days"), [("that date", "0 1 * * 5"), ("the next date", "0 1 * * 6")]
)
def test_an_early_hour_of_a_named_night_asks_for_the_date(answer: str, days: str) -> None:
    answers = Answers({"q.night_day": answer})
    starts = parse_every("friday night at 1am, 11pm", answers)
    assert answers.asked == {"q.night_day": ["that date", "the next date"]}
    assert [start.wire() for start in starts] == [cron(days), cron("0 23 * * 5")]


def test_a_night_of_no_named_day_does_not_ask_for_the_date() -> None:
    assert parse_every("night at 1am", nobody)[0].wire() == cron("0 1 * * *")
