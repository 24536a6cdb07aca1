import pytest
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault, OpenQuestion
from aifp.helpers.user_directives.internal.language.grammar.at import parse_at
from aifp.helpers.user_directives.internal.language.grammar.cron import parse_cron
from aifp.helpers.user_directives.internal.language.grammar.every import parse_every
from aifp.schemas.common import JsonMap
from tests.helpers.user_directives.internal.language.grammar.answers import Answers, nobody


def cron(expr: str, **more: JsonValue) -> JsonMap:
    return {"kind": "cron", "expr": expr, **more}


def sun(event: str, **more: JsonValue) -> JsonMap:
    return {"kind": "sun", "event": event, **more}


STARTS: dict[str, list[JsonMap]] = {
    "18:00 on weekdays": [cron("0 18 * * 1-5")],
    "06:45 on mon, wed, fri": [cron("45 6 * * 1,3,5")],
    "7pm": [cron("0 19 * * *")],
    "06:00, 18:00": [cron("0 6,18 * * *")],
    "06:00 and 18:30": [cron("0 6 * * *"), cron("30 18 * * *")],
    "7:00, 7:30, 8:00, and 8:30": [cron("0,30 7,8 * * *")],
    "7:00, 8:00, 9:00": [cron("0 7-9 * * *")],
    "noon, midnight on weekends": [cron("0 0,12 * * 0,6")],
    "18:00:30": [cron("0 18 * * *", second=30)],
    "18:00, 18:00": [cron("0 18 * * *")],
    "2027-03-01 09:00": [{"kind": "date", "at": "2027-03-01T09:00:00"}],
    "sunset": [sun("sunset")],
    "sunset - 20m": [sun("sunset", offset_ms=-1_200_000)],
    "sunrise+1h 30m on sat": [sun("sunrise", offset_ms=5_400_000, days="6")],
    "20m before sunset": [sun("sunset", offset_ms=-1_200_000)],
    "an hour after sunrise on weekdays": [sun("sunrise", offset_ms=3_600_000, days="1-5")],
    "SUNSET - 12H": [sun("sunset", offset_ms=-43_200_000)],
}
REFUSED = {
    "": ("E301", 0),
    "24:00": ("E301", 0),
    "18:00, 25:99": ("E301", 7),
    "  18h": ("E301", 2),
    "13": ("E301", 0),
    "18:00 on": ("E304", 8),
    "18:00 on blah": ("E304", 9),
    "18:00 on mon-blah": ("E304", 13),
    "18:00 daily": ("E330", 6),
    "2027-02-30 09:00": ("E303", 0),
    "1999-12-31 09:00": ("E303", 0),
    "2027-03-01 09:00, 10:00": ("E301", 11),
    "sunset - ": ("E310", 9),
    "sunset - 13h": ("E311", 9),
    "tomorrow": ("E301", 0),
}


@pytest.mark.parametrize("text", STARTS)
def test_an_at_text_means_exactly_these_starts(text: str) -> None:
    assert [start.wire() for start in parse_at(text, nobody)] == STARTS[text]


@pytest.mark.parametrize("text", REFUSED)
def test_an_at_text_that_is_wrong_is_refused_at_the_wrong_character(text: str) -> None:
    with pytest.raises(LanguageFault) as refused:
        parse_at(text, nobody)
    assert (refused.value.code, refused.value.offset) == REFUSED[text]


def test_three_ways_to_say_the_same_give_the_same_start() -> None:
    same = {"kind": "cron", "expr": "0 18 * * 1-5"}
    assert [s.wire() for s in parse_at("18:00 on weekdays", nobody)] == [same]
    assert [s.wire() for s in parse_every("weekday at 18:00", nobody)] == [same]
    assert parse_cron("0 18 * * mon-fri").wire() == same


def test_a_date_without_a_time_asks_for_the_time() -> None:
    with pytest.raises(OpenQuestion) as open_question:
        parse_at("2027-03-01", Answers())
    assert open_question.value.question_id == "q.time_of_day"


def test_a_fault_is_found_before_a_person_is_asked() -> None:
    with pytest.raises(LanguageFault):
        parse_at("5 on blah", nobody)
