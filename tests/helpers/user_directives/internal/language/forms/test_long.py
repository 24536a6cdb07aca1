"""The list form and the string form as tables: what is written, what it becomes."""

import pytest
from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.reading import Known
from tests.helpers.user_directives.internal.language.forms.sheets import (
    asked,
    codes,
    long_reading,
)

NOTIFY: JsonMap = {"type": "notification", "channel": "phone", "message": "hi"}
TRIGGERS: list[tuple[JsonValue, JsonMap]] = [
    ({"type": "time", "time": "07:10"}, {"at": "07:10"}),
    ({"type": "schedule", "at": "7:30pm"}, {"at": "7:30pm"}),
    ({"type": "time", "times": ["07:10", "18:00"]}, {"at": "07:10, 18:00"}),
    ({"type": "time", "time": "07:10", "days": ["mon", "tue"]}, {"at": "07:10 on mon, tue"}),
    ({"type": "time", "time": "07:10", "days": "weekdays"}, {"at": "07:10 on weekdays"}),
    ({"type": "time", "time": "09:00", "date": "2027-03-01"}, {"at": ["2027-03-01 09:00"]}),
    ({"type": "time", "cron": "0 18 * * mon-fri"}, {"cron": "0 18 * * mon-fri"}),
    ({"type": "schedule", "interval": 900}, {"every": "900s"}),
    ({"type": "schedule", "every": "20m"}, {"every": "20m"}),
    ({"type": "schedule", "every": "day", "time": "06:00"}, {"every": "day at 06:00"}),
    (
        {"type": "time", "time": "07:10", "timezone": "UTC"},
        {"at": "07:10", "timezone": "UTC"},
    ),
    (
        {"type": "condition", "condition": "a.b > 3", "check_interval": 900},
        {"if": "a.b > 3", "check": "900s"},
    ),
    (
        {"type": "condition", "condition": "a.b\n  > 3", "check_interval": "2m", "for": "5m"},
        {"if": "a.b > 3", "check": "2m", "for": "5m"},
    ),
    ({"type": "event", "source": "webhook", "event_name": "x1"}, {"on": "webhook x1"}),
    ({"type": "event", "source": "mqtt", "event_name": "a/b"}, {"on": "mqtt a/b"}),
    ({"type": "event", "source": "file_watch", "event_name": "in/*"}, {"on": "file in/*"}),
    (
        {"type": "event", "source": "shop", "event_name": "sold", "filter": "event.n > 3"},
        {"on": {"event": "sold", "source": "shop", "where": "trigger.data.n > 3"}},
    ),
    (
        {"type": "event", "event_name": "sold", "filter": {"kind": "big"}},
        {"on": {"event": "sold", "data": {"kind": "big"}}},
    ),
    (
        {"type": "event", "source": "webhook", "event_name": "x", "filter": "event.a is 'event.b'"},
        {"on": "webhook x", "if": "trigger.data.a is 'event.b'"},
    ),
    ({"type": "manual"}, {}),
    ({"type": "startup"}, {"on": "start"}),
    ({"type": "webhook", "id": "door"}, {"on": "webhook door"}),
    (
        {"type": "api", "path": "/x", "auth": "bearer secret T", "reply": "accepted"},
        {"api": "POST /x", "auth": "bearer secret T", "reply": "accepted"},
    ),
    ({"type": "api", "endpoint": "/x", "method": "put"}, {"api": "PUT /x"}),
    ("time: 07:10", {"at": "07:10"}),
    ("time: 07:10 on weekdays", {"at": "07:10 on weekdays"}),
    ("cron: 0 18 * * *", {"cron": "0 18 * * *"}),
    ("every: day at 18:00", {"every": "day at 18:00"}),
    ("interval: 20m", {"every": "20m"}),
    ("condition: a.b > 3", {"if": "a.b > 3"}),
    ("event: sold from shop", {"on": "event sold from shop"}),
    ("webhook: door", {"on": "webhook door"}),
    ("state: door.front to open", {"on": "state door.front to open"}),
    ("value: sensor.x above 3", {"on": "value sensor.x above 3"}),
    ("mqtt: a/b", {"on": "mqtt a/b"}),
    ("file: in/*.csv", {"on": "file in/*.csv"}),
    ("api: POST /x", {"api": "POST /x"}),
    ("manual", {}),
    ("manual: ", {}),
]


@pytest.mark.parametrize(("trigger", "keys"), TRIGGERS, ids=lambda value: str(value)[:60])
def test_a_long_trigger_becomes_short_keys(trigger: JsonValue, keys: JsonMap) -> None:
    raw, reading = long_reading({"trigger": trigger, "action": NOTIFY})
    del raw["do"]
    assert (raw, codes(reading), asked(reading)) == (keys, [], [])


ACTIONS: list[tuple[JsonValue, JsonValue]] = [
    (
        {"type": "api_call", "url": "https://x.example/a", "params": {"a": 1}},
        {"http": "POST https://x.example/a", "json": {"a": 1}},
    ),
    (
        {"type": "http_request", "method": "get", "url": "https://x.example/a", "params": {"a": 1}},
        {"http": "GET https://x.example/a", "query": {"a": 1}},
    ),
    (
        {"type": "api_call", "api": "hub", "endpoint": "/v1", "headers": {"A": "b"}, "body": "x"},
        {"http": "POST /v1", "via": "hub", "headers": {"A": "b"}, "body": "x"},
    ),
    (
        {"type": "api_call", "api": "hub", "endpoint": "/v1", "body": {"a": 1}},
        {"http": "POST /v1", "via": "hub", "json": {"a": 1}},
    ),
    (
        {"type": "api_call", "api": "ha", "endpoint": "/services/light/turn_on",
         "params": {"entity_id": "light.x"}},
        {"call": "light.turn_on", "via": "ha", "with": {"entity_id": "light.x"}},
    ),
    (
        {"type": "api_call", "api": "hub", "service": "light", "method": "turn_on"},
        {"call": "light.turn_on", "via": "hub"},
    ),
    (
        {"type": "script_execution", "script": "bin/x", "args": ["a"], "working_dir": "d",
         "env": {"A": "b"}},
        {"run": "bin/x", "args": ["a"], "cwd": "d", "env": {"A": "b"}},
    ),
    (
        {"type": "function_call", "module": "m", "function": "f", "args": [1], "kwargs": {"a": 1}},
        {"code": "f", "module": "m", "args": [1], "with": {"a": 1}},
    ),
    ({"type": "command", "command": ["a", "b c"]}, {"run": "a", "args": ["b c"]}),
    (
        {"type": "command", "command": "a 'b c' d", "working_dir": "w"},
        {"run": "a", "args": ["b c", "d"], "cwd": "w"},
    ),
    (NOTIFY, {"notify": "phone", "message": "hi"}),
    (
        {"type": "notification", "to": "phone", "message": "hi", "title": "t"},
        {"notify": "phone", "message": "hi", "title": "t"},
    ),
    ({"type": "notification", "target": "p", "message": "x"}, {"notify": "p", "message": "x"}),
    ({"type": "delay", "duration": 30}, {"wait": "30s"}),
    ({"type": "delay", "duration": 0.5}, {"wait": "500ms"}),
    ({"type": "delay", "duration": "2m"}, {"wait": "2m"}),
    (
        {"type": "delay", "duration": 1, "id": "a", "timeout": 9, "on_error": "continue"},
        {"wait": "1s", "id": "a", "timeout": "9s", "on_error": "continue"},
    ),
    ({"http": "GET https://x.example/"}, {"http": "GET https://x.example/"}),
    ("http_request: POST /api/blinds/up", "POST /api/blinds/up"),
    ("call: light.turn_on", "call light.turn_on"),
    ("function_call: tidy", "code tidy"),
    ("script: bin/x a", "run bin/x a"),
    ("command: bin/x 'a b'", {"run": "bin/x", "args": ["a b"]}),
    ('notify: phone "hi"', 'notify phone "hi"'),
]  # fmt: skip


@pytest.mark.parametrize(("action", "step"), ACTIONS, ids=lambda value: str(value)[:60])
def test_a_long_action_becomes_a_short_step(action: JsonValue, step: JsonValue) -> None:
    raw, reading = long_reading({"trigger": {"type": "manual"}, "action": action})
    assert (raw, codes(reading), asked(reading)) == ({"do": [step]}, [], [])


QUESTIONS: list[tuple[JsonMap, str, JsonValue, JsonMap]] = [
    ({"action": NOTIFY}, "q.trigger", "time: 07:10", {"at": "07:10"}),
    ({"action": NOTIFY}, "q.trigger", "manual", {}),
    ({"action": NOTIFY}, "q.trigger", {"type": "startup"}, {"on": "start"}),
    ({"trigger": {"type": "time"}, "action": NOTIFY}, "q.time_of_day", "06:00", {"at": "06:00"}),
    (
        {"trigger": {"type": "event"}, "action": NOTIFY},
        "q.event", "event sold", {"on": {"event": "sold"}},
    ),
    (
        {"trigger": {"type": "condition", "check_interval": 60}, "action": NOTIFY},
        "q.condition", "a.b > 1", {"if": "a.b > 1", "check": "60s"},
    ),
    (
        {"trigger": {"type": "api", "auth": "none"}, "action": NOTIFY},
        "q.params", "/x", {"api": "POST /x", "auth": "none"},
    ),
]  # fmt: skip


@pytest.mark.req("D37")
@pytest.mark.parametrize(("raw", "question", "answer", "keys"), QUESTIONS)
def test_what_a_long_form_lacks_is_asked_and_answered(
    raw: JsonMap, question: str, answer: JsonValue, keys: JsonMap
) -> None:
    _, reading = long_reading(raw)
    assert asked(reading) == [question]
    assert [q.severity for q in reading.questions] == ["error"]
    settled, answered = long_reading(raw, {question: answer})
    del settled["do"]
    assert (settled, asked(answered), codes(answered)) == (keys, [], [])


@pytest.mark.req("D37")
def test_an_answer_for_one_field_wins_over_the_answer_for_the_question() -> None:
    raw: JsonMap = {"trigger": {"type": "time"}, "action": NOTIFY}
    answers = {"q.time_of_day": "06:00", "q.time_of_day@/trigger/time": "08:00"}
    assert long_reading(raw, answers)[0]["at"] == "08:00"


def test_a_question_names_the_field_of_the_users_file() -> None:
    _, reading = long_reading({"trigger": {"type": "time"}, "action": NOTIFY})
    assert [q.field for q in reading.questions] == ["/trigger/time"]


DEFAULTS: list[tuple[JsonMap, str, JsonMap]] = [
    ({"type": "condition", "condition": "a.b > 1"}, "q.check", {"if": "a.b > 1", "check": "60s"}),
    (
        {"type": "time", "time": "07:00", "days": [1]},
        "q.days_int", {"every": "month on day 1 at 07:00"},
    ),
    ({"type": "time", "time": "07:00", "daylight_savings": False}, "q.dst_off", {"at": "07:00"}),
]  # fmt: skip


@pytest.mark.req("D37")
@pytest.mark.parametrize(("trigger", "question", "keys"), DEFAULTS)
def test_a_question_with_a_default_is_a_warning_and_the_default_is_used(
    trigger: JsonMap, question: str, keys: JsonMap
) -> None:
    raw, reading = long_reading({"trigger": trigger, "action": NOTIFY})
    del raw["do"]
    assert raw == keys
    assert [(q.id, q.severity) for q in reading.questions] == [(question, "warning")]


def test_numbers_in_days_may_be_weekdays() -> None:
    trigger: JsonMap = {"type": "time", "time": "07:00", "days": [1, 7]}
    raw, _ = long_reading({"trigger": trigger, "action": NOTIFY}, {"q.days_int": "weekday"})
    assert raw["at"] == "07:00 on mon, sun"


def test_no_daylight_saving_may_become_a_fixed_offset() -> None:
    trigger: JsonMap = {"type": "time", "time": "07:00", "daylight_savings": False}
    answers = {"q.dst_off": "fixed standard offset"}
    raw, _ = long_reading({"trigger": trigger, "action": NOTIFY}, answers)
    assert raw["timezone"] == "Etc/GMT-1"


SHELL: JsonMap = {"type": "command", "command": "ls | wc -l"}


@pytest.mark.parametrize("sign", [";", "&", "|", "<", ">", "$X", "*", "?", "~", "(a)", "`a`", "\n"])
def test_a_command_that_needs_a_shell_is_asked_of_the_person(sign: str) -> None:
    action: JsonMap = {"type": "command", "command": f"a {sign} b"}
    _, reading = long_reading({"trigger": "manual", "action": action})
    assert [(q.id, q.who, q.severity) for q in reading.questions] == [
        ("q.shell", "person", "error")
    ]


def test_a_shell_that_the_person_allows_is_a_program_like_any_other() -> None:
    answers = {"q.shell": "allow the shell"}
    raw, _ = long_reading({"trigger": "manual", "action": SHELL}, answers)
    assert raw["do"] == [{"run": "/bin/sh", "args": ["-c", "ls | wc -l"]}]


REFUSED: list[tuple[JsonMap, str, str | None]] = [
    ({"trigger": {"type": "tiem", "time": "7:00"}, "action": NOTIFY}, "E334", "time"),
    ({"trigger": "webook: x", "action": NOTIFY}, "E334", "webhook"),
    ({"trigger": {"type": "time", "time": 1080}, "action": NOTIFY}, "E302", "00:00"),
    ({"trigger": {"type": "time", "tiem": "7:00", "at": "8:00"}, "action": NOTIFY}, "E201", "time"),
    ({"trigger": "manual", "action": {"type": "api_cal", "url": "/x"}}, "E508", "api_call"),
    ({"trigger": "manual", "action": "notfy: x"}, "E508", "notify"),
    ({"trigger": "manual", "action": {**NOTIFY, "mesage": "x"}}, "E201", "message"),
    ({"trigger": "manual", "action": NOTIFY, "actoin": NOTIFY}, "E201", "action"),
    ({"tirgger": "manual", "trigger": "manual", "action": NOTIFY}, "E201", "trigger"),
]


@pytest.mark.req("I09")
@pytest.mark.parametrize(("raw", "code", "near"), REFUSED)
def test_a_slip_in_a_long_form_is_refused_with_the_nearest_word(
    raw: JsonMap, code: str, near: str | None
) -> None:
    _, reading = long_reading(raw)
    assert codes(reading) == [code]
    assert near is None or near in str(reading.problems[0].hint)


def test_conditions_are_the_guard_and_a_watched_condition_beside_them_is_a_start() -> None:
    trigger: JsonMap = {"type": "condition", "condition": "a.b > 1", "check_interval": 60}
    raw, reading = long_reading({"trigger": trigger, "conditions": ["a.c is on"], "action": NOTIFY})
    assert raw["on"] == "when a.b > 1"
    assert raw["if"] == ["a.c is on"]
    assert codes(reading) == []


def test_several_triggers_and_actions_are_all_kept() -> None:
    raw, _ = long_reading(
        {"trigger": ["time: 07:10", "time: 18:00", "state: a.b to on"], "actions": [NOTIFY, NOTIFY]}
    )
    assert raw["at"] == ["07:10", "18:00"]
    assert raw["on"] == "state a.b to on"
    do = raw["do"]
    assert isinstance(do, list)
    assert len(do) == 2


def test_a_missing_channel_offers_the_configured_ones() -> None:
    action: JsonMap = {"type": "notification", "message": "x"}
    _, reading = long_reading(
        {"trigger": "manual", "action": action}, known=Known(channels=["phone", "mail"])
    )
    assert [(q.id, q.choices) for q in reading.questions] == [("q.channel", ["phone", "mail"])]
