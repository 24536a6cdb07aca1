import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.api import parse_api
from aifp.helpers.user_directives.internal.language.grammar.on import parse_on
from aifp.schemas.common import JsonMap
from tests.helpers.user_directives.internal.language.grammar.answers import Answers, nobody

STARTS: dict[str, JsonMap] = {
    "at 18:00 on weekdays": {"kind": "cron", "expr": "0 18 * * 1-5"},
    "every 20m": {"kind": "interval", "every_ms": 1_200_000},
    "every second friday at noon": {"kind": "cron", "expr": "0 12 * * 5#2"},
    "cron 0 18 * * mon-fri": {"kind": "cron", "expr": "0 18 * * 1-5"},
    "cron @daily": {"kind": "cron", "expr": "0 0 * * *"},
    "sunset - 30m": {"kind": "sun", "event": "sunset", "offset_ms": -1_800_000},
    "30m before sunset": {"kind": "sun", "event": "sunset", "offset_ms": -1_800_000},
    "start": {"kind": "start"},
    "when sensor.freezer is above -12": {"kind": "watch", "expr": "sensor.freezer > -12"},
    "state door.front": {"kind": "state", "entity": ["door.front"]},
    "state climate.sauna to heat for 90m": {
        "kind": "state",
        "entity": ["climate.sauna"],
        "to": ["heat"],
        "for_ms": 5_400_000,
    },
    'state light.a, light.b from off, "not home" to on': {
        "kind": "state",
        "entity": ["light.a", "light.b"],
        "from": ["off", "not home"],
        "to": ["on"],
    },
    "state light.a.brightness not from unavailable not to 'a \\'b'": {
        "kind": "state",
        "entity": ["light.a"],
        "attribute": "brightness",
        "not_from": ["unavailable"],
        "not_to": ["a 'b"],
    },
    "value sensor.greenhouse above 28 for 5m": {
        "kind": "value",
        "entity": ["sensor.greenhouse"],
        "above": 28,
        "for_ms": 300_000,
    },
    "value sensor.a, sensor.b above -1.5 below 3.0": {
        "kind": "value",
        "entity": ["sensor.a", "sensor.b"],
        "above": -1.5,
        "below": 3,
    },
    "webhook door-bell_1": {"kind": "webhook", "id": "door-bell_1"},
    "mqtt home/+/state/#": {"kind": "mqtt", "topic": "home/+/state/#"},
    "mqtt home/door is OPEN": {"kind": "mqtt", "topic": "home/door", "payload": "OPEN"},
    "file inbox/*.xml": {"kind": "file", "glob": "inbox/*.xml"},
    "file inbox/*.xml created": {"kind": "file", "glob": "inbox/*.xml"},
    "file 'my inbox/*.{xml,csv}' changed": {
        "kind": "file",
        "glob": "my inbox/*.{xml,csv}",
        "change": "changed",
    },
    "file inbox/** deleted": {"kind": "file", "glob": "inbox/**", "change": "deleted"},
    "event order.paid": {"kind": "event", "name": "order.paid"},
    "event order from shop where trigger.data.total > 5": {
        "kind": "event",
        "name": "order",
        "source": "shop",
        "where": "trigger.data.total > 5",
    },
    "failed month_end": {"kind": "run", "directive": "month_end", "outcome": "failed"},
    "succeeded a": {"kind": "run", "directive": "a", "outcome": "succeeded"},
    "finished a": {"kind": "run", "directive": "a", "outcome": "finished"},
    "missed a": {"kind": "run", "directive": "a", "outcome": "missed"},
    "RECOVERED a": {"kind": "run", "directive": "a", "outcome": "recovered"},
}
REFUSED = {
    "": ("E330", 0),
    "door opens": ("E330", 0),
    "state": ("E331", 5),
    "state door": ("E331", 6),
    "state Door.Front": ("E331", 6),
    "state a.b.c.d": ("E331", 6),
    "state door.front open": ("E330", 17),
    "state a.b, c.d.e": ("E330", 11),
    "state a.b to": ("E330", 12),
    "state a.b to on from off": ("E330", 16),
    "state a.b for": ("E310", 13),
    "state a.b for 5": ("E310", 14),
    "value a.b": ("E330", 9),
    "value a.b above": ("E330", 15),
    "value a.b above hot": ("E330", 16),
    "value a.b above 1e3": ("E330", 16),
    "value a.b above 99999999999999999999": ("E330", 16),
    "webhook": ("E332", 7),
    "webhook ../x": ("E332", 8),
    "webhook a/b": ("E332", 8),
    "mqtt": ("E330", 4),
    "file": ("E330", 4),
    "event": ("E330", 5),
    "failed Month_End": ("E330", 7),
    "failed": ("E330", 6),
    "start now": ("E330", 6),
    "cron 0 18 * *": ("E320", 5),
    "cron 0 18 * * 9": ("E321", 14),
    "at 25:00": ("E301", 3),
    "sunset as": ("E330", 9),
    "sunset as 5": ("E330", 10),
    "when sensor.x >": ("E403", 15),
}


NO_APIS = (
    *("", "GET /x", "/x", "POST", "POST x", "POST /", "POST /a//b", "POST /a/", "POST /a?b=1"),
    *("POST /a/../b", "POST /.", "POST /{a b}", "POST /{}", "POST /a b", "POST /\u00e4", "POST/x"),
)


@pytest.mark.parametrize("text", STARTS)
def test_every_kind_of_start_is_read(text: str) -> None:
    assert [start.wire() for start in parse_on(text, nobody)] == [STARTS[text]]


@pytest.mark.parametrize("text", STARTS)
def test_every_kind_of_start_may_carry_a_name(text: str) -> None:
    assert [s.wire() for s in parse_on(f"{text} as one", nobody)] == [STARTS[text] | {"as": "one"}]


@pytest.mark.parametrize("text", REFUSED)
def test_a_start_that_is_wrong_is_refused_at_the_wrong_character(text: str) -> None:
    with pytest.raises(LanguageFault) as refused:
        parse_on(text, nobody)
    assert (refused.value.code, refused.value.offset) == REFUSED[text]


def test_several_starts_of_one_text_share_the_name() -> None:
    starts = parse_on("at 06:00, 18:30 as both", nobody)
    assert [start.as_ for start in starts] == ["both", "both"]


def test_a_name_inside_quotes_is_part_of_the_condition() -> None:
    (start,) = parse_on('when sensor.x == "known as y"', nobody)
    assert start.wire() == {"kind": "watch", "expr": 'sensor.x == "known as y"'}


@given(st.text(max_size=40))
def test_any_text_after_a_keyword_is_read_or_refused_but_never_crashes(text: str) -> None:
    answers = Answers({"q.ampm": "05:00", "q.time_of_day": "07:00", "q.month_day": 1})
    for keyword in ("state", "value", "webhook", "mqtt", "file", "event", "failed", "every", "at"):
        try:
            parse_on(f"{keyword} {text}", answers)
        except LanguageFault as refused:
            assert refused.offset <= len(keyword) + 1 + len(text)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("POST /labels/{order}", ("POST", "/labels/{order}")),
        ("put  /a/b-c/d.e_f~1", ("PUT", "/a/b-c/d.e_f~1")),
        ("DELETE /x", ("DELETE", "/x")),
    ],
)
def test_an_api_text_is_a_method_and_a_path(text: str, parsed: tuple[str, str]) -> None:
    assert parse_api(text) == parsed


@pytest.mark.parametrize("text", NO_APIS)
def test_an_api_text_that_is_wrong_is_refused(text: str) -> None:
    with pytest.raises(LanguageFault) as refused:
        parse_api(text)
    assert refused.value.code == "E333"
