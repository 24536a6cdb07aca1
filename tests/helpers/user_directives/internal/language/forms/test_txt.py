"""TXT lines as a table: what is written, what it becomes, what it asks."""

import pytest
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import OpenQuestion
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.forms.texts import mask, pieces
from aifp.helpers.user_directives.internal.language.forms.txt import BETWEEN_ACTIONS, txt_sheet
from aifp.helpers.user_directives.internal.language.reader import read_file
from aifp.schemas.common import JsonMap
from aifp.schemas.reading import Known
from tests.helpers.user_directives.internal.language.forms.sheets import (
    ZONE,
    asked,
    codes,
    txt_draft,
    txt_reading,
)

DO: list[JsonValue] = ["call a.b"]
LINES: list[tuple[str, JsonMap]] = [
    ("At 06:45 on mon, wed, fri call a.b", {"at": "06:45 on mon, wed, fri", "do": DO}),
    ("At 06:45, call a.b", {"at": "06:45", "do": DO}),
    ("at 06:45 and 18:00 on weekdays call a.b.", {"at": "06:45 and 18:00 on weekdays", "do": DO}),
    ("At sunset - 20m call a.b", {"at": "sunset - 20m", "do": DO}),
    ("At 2027-03-01 09:00 call a.b", {"at": "2027-03-01 09:00", "do": DO}),
    ("Every 20m between 07:00 and 22:00 on weekdays call a.b",
     {"every": "20m between 07:00 and 22:00 on weekdays", "do": DO}),
    ("Every day at 18:00, call a.b", {"every": "day at 18:00", "do": DO}),
    ("Every month on last day at 23:30 call a.b",
     {"every": "month on last day at 23:30", "do": DO}),
    ("Every 2 weeks on monday at 06:00 from 2026-01-05 call a.b",
     {"every": "2 weeks on monday at 06:00 from 2026-01-05", "do": DO}),
    ("If sensor.x is above 3 for 5m, call a.b", {"if": "sensor.x is above 3 for 5m", "do": DO}),
    ("If sensor.x in [1, 2], then call a.b", {"if": "sensor.x in [1, 2]", "do": DO}),
    ('If sensor.x is "a, then b" then call a.b', {"if": 'sensor.x is "a, then b"', "do": DO}),
    ("When light.desk turns on, call a.b", {"on": "state light.desk to on", "do": DO}),
    ("When light.desk turns off for 5m then call a.b",
     {"on": "state light.desk to off for 5m", "do": DO}),
    ("When cover.gate opens, call a.b", {"on": "state cover.gate to open", "do": DO}),
    ("When cover.gate closes, call a.b", {"on": "state cover.gate to closed", "do": DO}),
    ("When lock.door locks, call a.b", {"on": "state lock.door to locked", "do": DO}),
    ("When lock.door unlocks, call a.b", {"on": "state lock.door to unlocked", "do": DO}),
    ("When lock.door changes, call a.b", {"on": "state lock.door", "do": DO}),
    ("When lock.door becomes jammed, call a.b", {"on": "state lock.door to jammed", "do": DO}),
    ("When lock.door changes to jammed, call a.b", {"on": "state lock.door to jammed", "do": DO}),
    ("When sensor.x rises above 85 for 10m, call a.b",
     {"on": "value sensor.x above 85 for 10m", "do": DO}),
    ("When sensor.x goes above 85, call a.b", {"on": "value sensor.x above 85", "do": DO}),
    ("When sensor.x exceeds 85, call a.b", {"on": "value sensor.x above 85", "do": DO}),
    ("When sensor.x drops below -2.5, call a.b", {"on": "value sensor.x below -2.5", "do": DO}),
    ("When sensor.x falls below 2, call a.b", {"on": "value sensor.x below 2", "do": DO}),
    ("When sensor.x goes below 2, call a.b", {"on": "value sensor.x below 2", "do": DO}),
    ("When inbox/*.csv appears, call a.b", {"on": "file inbox/*.csv", "do": DO}),
    ("When inbox/*.csv is created, call a.b", {"on": "file inbox/*.csv created", "do": DO}),
    ("When inbox/a.csv changes, call a.b", {"on": "file inbox/a.csv changed", "do": DO}),
    ("When inbox/*.csv is deleted, call a.b", {"on": "file inbox/*.csv deleted", "do": DO}),
    ("When backup fails, call a.b", {"on": "failed backup", "do": DO}),
    ("When backup succeeds, call a.b", {"on": "succeeded backup", "do": DO}),
    ("When backup finishes, call a.b", {"on": "finished backup", "do": DO}),
    ("When backup is missed, call a.b", {"on": "missed backup", "do": DO}),
    ("When backup recovers, call a.b", {"on": "recovered backup", "do": DO}),
    ("When state a.b, a.c to on, off, call a.b", {"on": "state a.b, a.c to on, off", "do": DO}),
    ("When webhook door, call a.b", {"on": "webhook door", "do": DO}),
    ("When sensor.x > 3, call a.b", {"if": "sensor.x > 3", "do": DO}),
    ("When light.desk turns on, if sun is down, call a.b",
     {"on": "state light.desk to on", "if": "sun is down", "do": DO}),
    ("When sensor.x > 3, if sun is down, call a.b",
     {"on": "when sensor.x > 3", "if": "sun is down", "do": DO}),
    ("call a.b", {"do": DO}),
    ("call a.b; wait 5m; then call c.d", {"do": ["call a.b", "wait 5m", "call c.d"]}),
    ("At 06:00 call a.b, then call c.d", {"at": "06:00", "do": ["call a.b", "call c.d"]}),
    ('notify phone "a; b, then c"', {"do": ['notify phone "a; b, then c"']}),
    ("run bin/x.sh a", {"do": ["run bin/x.sh a"]}),
    ("run report.py", {"do": ["run report.py"]}),
    ("call a.b [retry 2 times after 30s; catch_up none]",
     {"retry": "2 times after 30s", "catch_up": "none", "do": DO}),
    ('call a.b [if sensor.x is "on"; priority 5; enabled false; tags a, b; title "T"]',
     {"if": 'sensor.x is "on"', "priority": 5, "enabled": False, "tags": ["a", "b"],
      "title": "T", "do": DO}),
    ("If a.b > 3, call a.b [check every 2m; limit 1/hour].",
     {"check": "every 2m", "limit": "1/hour", "if": "a.b > 3", "do": DO}),
]  # fmt: skip


@pytest.mark.req("D36")
@pytest.mark.parametrize(("line", "raw"), LINES)
def test_a_line_becomes_a_directive_in_the_short_grammar(line: str, raw: JsonMap) -> None:
    found, reading = txt_reading(line)
    assert (found, codes(reading), asked(reading)) == (raw, [], [])


FREE = [
    ("run the dishwasher", "run the dishwasher"),
    ("Rebuild the photo index", "Rebuild the photo index"),
    ("run backup", "run backup"),
    ("don't forget the milk", "don't forget the milk"),
    ("post the letter", "post the letter"),
]


@pytest.mark.req("D37")
@pytest.mark.parametrize(("line", "text"), FREE)
def test_a_free_text_is_asked_about_and_never_run_as_worded(line: str, text: str) -> None:
    found, reading = txt_reading(line)
    assert (found["do"], asked(reading), [*reading.todos.values()]) == ([], ["q.action"], [text])
    answered, settled = txt_reading(line, {"q.action": {"call": "a.b"}})
    assert (answered["do"], asked(settled), settled.todos) == ([{"call": "a.b"}], [], {})


def test_each_free_action_of_a_line_is_a_question_of_its_own() -> None:
    line = "At 07:00 water the orchids; wait 5m; close the tap"
    found, reading = txt_reading(line, {"q.action@/do/2": "call tap.close"})
    assert found["do"] == ["wait 5m", "call tap.close"]
    assert [q.field for q in reading.questions] == ["/do/0"]


def split_of(line: str, answers: dict[str, JsonValue]) -> tuple[JsonMap | None, Reading]:
    reading = Reading(txt_draft(line), ZONE, Known(), answers, "f.txt")
    try:
        return txt_sheet(reading).raw, reading
    except OpenQuestion:
        return None, reading


@pytest.mark.req("D37")
def test_a_when_line_without_a_comma_asks_where_the_action_begins() -> None:
    line = "When the postman rings turn on light.porch"
    raw, reading = split_of(line, {})
    assert raw is None
    assert asked(reading) == ["q.split"]
    assert reading.questions[0].choices == ["the postman rings | turn on light.porch"]
    raw, reading = split_of(line, {"q.split": "the postman rings | turn on light.porch"})
    assert asked(reading) == ["q.event"]
    answers: dict[str, JsonValue] = {
        "q.split": "the postman rings | turn on light.porch",
        "q.event": "webhook postman",
    }
    raw, reading = split_of(line, answers)
    assert raw == {"on": "webhook postman", "do": ["turn on light.porch"]}
    assert asked(reading) == []


@pytest.mark.req("I09")
@pytest.mark.parametrize(
    ("option", "near"), [("retyr 2 times", "retry"), ("chek 5m", "check"), ("do x", None)]
)
def test_an_unknown_option_is_refused(option: str, near: str | None) -> None:
    _, reading = txt_reading(f"call a.b [{option}]")
    assert codes(reading) == ["E205"]
    assert reading.problems[0].column == 11
    assert near is None or near in str(reading.problems[0].hint)


def test_commas_inside_quotes_and_brackets_do_not_split() -> None:
    assert [t for _, t in pieces('a "b; c"; d (e; f); g', BETWEEN_ACTIONS)] == [
        'a "b; c"',
        "d (e; f)",
        "g",
    ]
    assert mask("a 'b' it's (c [d] e)") == "a \0\0\0 it's (" + "\0" * 7 + ")"
    assert mask('open " quote') == 'open " quote'
    assert mask("open ( bracket") == "open ( bracket"


@pytest.mark.req("D36")
def test_comments_are_skipped_and_indented_lines_continue() -> None:
    text = "# note\n\nwater: At 06:45\n  call a.b\nat 07:00 call c.d\n"
    parsed = read_file(text.encode(), "f.txt")
    assert [(d.name, d.raw["line"]) for d in parsed.drafts] == [
        ("water", "At 06:45 call a.b"),
        ("at_07_00_call_c_d", "at 07:00 call c.d"),
    ]
    assert [(p.code, p.line) for p in parsed.problems] == [("W201", 5)]


@pytest.mark.req("I11")
@pytest.mark.parametrize(
    "zone", ["Mars/X", "../../etc/passwd", "CET-1CEST", "", "localtime", "europe/madrid"]
)
def test_the_zone_of_a_txt_file_must_be_in_the_list(zone: str) -> None:
    parsed = read_file(f"timezone: {zone}\ncall a.b\n".encode(), "f.txt")
    assert [p.code for p in parsed.problems] == ["E307", "W201"]
    assert len(parsed.drafts) == 1


def test_two_equal_names_are_refused_with_the_line_of_the_first() -> None:
    parsed = read_file(b"a: call a.b\na: call c.d\n", "f.txt")
    assert [str(p) for p in parsed.problems] == [
        "f.txt:2:1: E204 name a is used in f.txt:1. Hint: names are unique in the project."
    ]


def test_a_line_of_more_than_2000_characters_hides_no_other() -> None:
    parsed = read_file(("a: " + "x" * 2_000 + "\nb: call a.b\n").encode(), "f.txt")
    assert [p.code for p in parsed.problems] == ["E208"]
    assert [d.name for d in parsed.drafts] == ["b"]


def test_a_location_in_front_of_the_first_line_serves_sun_times() -> None:
    text = "timezone: UTC\nlocation: 40.4, -3.7\na: At sunset call a.b\n"
    parsed = read_file(text.encode(), "f.txt")
    assert parsed.settings.location == (40.4, -3.7)
    assert [d.name for d in parsed.drafts] == ["a"]
    refused = read_file(b"location: 91, 0\na: At sunset call a.b\n", "f.txt")
    assert [p.code for p in refused.problems] == ["E203"]
