import pytest
from pydantic import JsonValue

from tests.helpers.user_directives.internal.language.forms.step_readers import Heard, read

Wire = dict[str, JsonValue]
NOTICE: Wire = {"verb": "log", "message": "x"}

MAPS: list[tuple[Wire, Wire]] = [
    (
        {
            "http": "GET https://rates.example.net/v1/daily",
            "query": {"base": "EUR", "day": "{{ run.date }}"},
            "save_as": "rates",
        },
        {
            "verb": "http",
            "method": "GET",
            "url": "https://rates.example.net/v1/daily",
            "query": {"base": "EUR", "day": "{{ run.date }}"},
            "save_as": "rates",
        },
    ),
    (
        {
            "http": "put /close.json",
            "via": "files",
            "auth": "secret FILES_TOKEN",
            "headers": {"X-Day": "{{ run.date }}", "X-Key": {"secret": "K", "prefix": "Key "}},
            "json": {"list": [1, {"secret": "BODY_KEY"}]},
            "expect": [200, "4xx"],
            "pick": "jobs.waiting",
            "follow": 3,
            "max_bytes": 2048,
        },
        {
            "verb": "http",
            "method": "PUT",
            "url": "/close.json",
            "via": "files",
            "auth": {"kind": "bearer", "secret": "FILES_TOKEN"},
            "headers": {"X-Day": "{{ run.date }}", "X-Key": {"secret": "K", "prefix": "Key "}},
            "json": {"list": [1, {"secret": "BODY_KEY"}]},
            "expect": ["200", "4xx"],
            "pick": "jobs.waiting",
            "follow": 3,
            "max_bytes": 2048,
        },
    ),
    (
        {"http": "GET /x", "auth": {"kind": "basic", "user": "joe", "secret": "PW"}},
        {
            "verb": "http",
            "method": "GET",
            "url": "/x",
            "auth": {"kind": "basic", "user": "joe", "secret": "PW"},
        },
    ),
    (
        {"call": "workers.scale", "via": "cluster", "with": {"count": 6}},
        {"verb": "call", "target": "workers.scale", "via": "cluster", "with": {"count": 6}},
    ),
    (
        {"code": "read_invoice", "module": "books", "args": [1, "{{ vars.x }}"], "with": {"a": 1}},
        {
            "verb": "code",
            "function": "read_invoice",
            "module": "books",
            "args": [1, "{{ vars.x }}"],
            "with": {"a": 1},
        },
    ),
    (
        {
            "run": "bin/print-label",
            "args": ["--order", "{{ input.order }}", 5, 1.5],
            "env": {"TOKEN": {"secret": "T"}},
            "cwd": "out",
            "stdin": "{{ vars.text }}",
        },
        {
            "verb": "run",
            "program": "bin/print-label",
            "args": ["--order", "{{ input.order }}", "5", "1.5"],
            "env": {"TOKEN": {"secret": "T"}},
            "cwd": "out",
            "stdin": "{{ vars.text }}",
        },
    ),
    (
        {"notify": "phone", "message": "a {{ vars.b }}", "title": "T", "level": "high"},
        {
            "verb": "notify",
            "channel": "phone",
            "message": "a {{ vars.b }}",
            "title": "T",
            "level": "high",
        },
    ),
    ({"wait": "10m"}, {"verb": "wait", "ms": 600_000}),
    ({"wait": "until 17:00"}, {"verb": "wait", "until": "17:00"}),
    (
        {"wait_for": ["state door.front to open", "start"], "timeout": "2h", "on_timeout": "stop"},
        {
            "verb": "wait_for",
            "when": [
                {"kind": "state", "entity": ["door.front"], "to": ["open"]},
                {"kind": "start"},
            ],
            "within_ms": 7_200_000,
            "on_timeout": "stop",
        },
    ),
    ({"set": {"a": "{{ 1 + 1 }}"}}, {"verb": "set", "values": {"a": "{{ 1 + 1 }}"}}),
    ({"remember": {"last": 5}}, {"verb": "remember", "values": {"last": 5}}),
    ({"read_file": "in/{{ vars.f }}"}, {"verb": "read_file", "path": "in/{{ vars.f }}"}),
    (
        {"write_file": "out.txt", "data": ["{{ vars.f }}"], "append": True},
        {"verb": "write_file", "path": "out.txt", "data": ["{{ vars.f }}"], "append": True},
    ),
    (
        {"worker": "Sum up {{ vars.t }}", "input": {"a": 1}, "criteria": {"model": "small"}},
        {
            "verb": "worker",
            "prompt": "Sum up {{ vars.t }}",
            "input": {"a": 1},
            "criteria": {"model": "small"},
        },
    ),
    ({"emit": "done", "data": {"a": 1}}, {"verb": "emit", "event": "done", "data": {"a": 1}}),
    (
        {"start": "month_end", "input": {"a": 1}, "await": True},
        {"verb": "start", "directive": "month_end", "input": {"a": 1}, "await": True},
    ),
    (
        {"if": "a.b is on", "do": "log 'x'", "else": ["log 'x'", {"log": "x"}]},
        {"verb": "branch", "if": 'a.b == "on"', "steps": [NOTICE], "else": [NOTICE, NOTICE]},
    ),
    (
        {
            "choose": [
                {"if": "trigger.id is hot", "do": "open cover.vents"},
                {"else": "log 'x'"},
            ]
        },
        {
            "verb": "choose",
            "options": [
                {
                    "if": 'trigger.id == "hot"',
                    "steps": [
                        {
                            "verb": "call",
                            "target": "cover.open_cover",
                            "with": {"entity_id": "cover.vents"},
                        }
                    ],
                }
            ],
            "else": [NOTICE],
        },
    ),
    (
        {"repeat": {"count": 3}, "do": "log 'x'"},
        {"verb": "repeat", "count": 3, "steps": [NOTICE]},
    ),
    (
        {"repeat": {"each": "{{ vars.list }}", "max": 10_000}, "do": ["log 'x'"]},
        {"verb": "repeat", "each": "{{ vars.list }}", "max": 10_000, "steps": [NOTICE]},
    ),
    (
        {"repeat": {"while": ["a.b is on", "c.d < 5"]}, "do": "log 'x'"},
        {"verb": "repeat", "while": 'a.b == "on" and c.d < 5', "steps": [NOTICE]},
    ),
    (
        {"parallel": ["log 'x'", [{"log": "x"}, "log 'x'"]]},
        {"verb": "parallel", "branches": [[NOTICE], [NOTICE, NOTICE]]},
    ),
    (
        {"stop_unless": {"any": ["a.b is on", "a.c is on"]}, "error": True},
        {"verb": "stop_unless", "if": 'a.b == "on" or a.c == "on"', "error": True},
    ),
    ({"stop": "nothing to do"}, {"verb": "stop", "reason": "nothing to do"}),
    (
        {"ask": "Really {{ vars.x }}?", "within": "1h", "else": "continue"},
        {
            "verb": "ask",
            "message": "Really {{ vars.x }}?",
            "within_ms": 3_600_000,
            "else": "continue",
        },
    ),
    (
        {
            "log": "x",
            "id": "a",
            "if": "a.b is on",
            "needs": [],
            "timeout": "45s",
            "retry": "2 times after 30s",
            "on_error": "continue",
            "save_as": "r",
        },
        {
            **NOTICE,
            "id": "a",
            "if": 'a.b == "on"',
            "needs": [],
            "timeout_ms": 45_000,
            "retry": {"times": 2, "after_ms": 30_000, "factor": 2, "max_ms": 600_000},
            "on_error": "continue",
            "save_as": "r",
        },
    ),
]


@pytest.mark.req("D36")
@pytest.mark.parametrize(("written", "canonical"), MAPS, ids=[next(iter(m[0])) for m in MAPS])
def test_a_step_map_has_one_canonical_form(written: Wire, canonical: Wire) -> None:
    assert read(written) == [canonical]


def test_what_equals_its_default_is_left_out() -> None:
    written: Wire = {
        "http": "GET /x",
        "expect": "2xx",
        "follow": 0,
        "max_bytes": 1_048_576,
        "on_error": "stop",
        "json": None,
    }
    assert read(written) == [{"verb": "http", "method": "GET", "url": "/x"}]


def test_texts_and_maps_may_be_mixed_in_a_list() -> None:
    assert read(["log 'x'", {"log": "x"}, "turn on light.a, light.b"]) == [
        NOTICE,
        NOTICE,
        {"verb": "call", "target": "light.turn_on", "with": {"entity_id": "light.a"}},
        {"verb": "call", "target": "light.turn_on", "with": {"entity_id": "light.b"}},
    ]


def test_free_text_is_a_todo_with_a_question_at_its_own_place() -> None:
    heard = Heard()
    assert read(["log 'x'", "water the orchids"], heard) == [
        NOTICE,
        {"verb": "todo", "text": "water the orchids"},
    ]
    assert heard.asked == [("/do/1", "q.action")]


@pytest.mark.parametrize("answer", ["log 'x'", {"log": "x"}, ["log 'x'"]])
def test_the_answer_for_a_free_text_is_read_as_an_action(answer: JsonValue) -> None:
    heard = Heard(answers={"/do": answer})
    assert read("water the orchids", heard) == [NOTICE]


def test_a_missing_required_value_is_asked_for() -> None:
    heard = Heard(answers={"/do/message": "hello"})
    assert read({"notify": "phone"}, heard) == [
        {"verb": "notify", "channel": "phone", "message": "hello"}
    ]
    open_one = Heard()
    assert read({"notify": "phone"}, open_one) == []
    assert open_one.asked == [("/do/message", "q.params")]


def test_comment_keys_are_noted_and_keys_of_free_maps_are_data() -> None:
    heard = Heard()
    [step] = read({"log": "x", "_why": "because"}, heard)
    assert step == NOTICE and heard.codes() == [("/do/_why", "W102")]
    assert read({"set": {"_kept": 1}}) == [{"verb": "set", "values": {"_kept": 1}}]


def test_an_evening_bound_in_a_step_warns() -> None:
    heard = Heard()
    read({"log": "x", "if": "time > 23:00"}, heard)
    assert heard.codes() == [("/do/if", "W401")]


@pytest.mark.parametrize("written", ["none", "no", False])
def test_a_step_may_say_that_it_is_never_repeated(written: JsonValue) -> None:
    [step] = read({"log": "x", "retry": written})
    assert step["retry"] == {"times": 0, "after_ms": 0, "factor": 1, "max_ms": 0}
