import pytest
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.forms.steps import read_steps
from tests.helpers.user_directives.internal.language.forms.step_readers import (
    Heard,
    SmallReader,
    faults,
)

ONE_FAULT: list[tuple[JsonValue, str, str]] = [
    ({"http": "GETT /x"}, "/do/http", "E502"),
    ({"http": "https://x.example/"}, "/do/http", "E502"),
    ({"http": "GET x.example"}, "/do/http", "E503"),
    ({"http": "GET //x.example"}, "/do/http", "E503"),
    ({"http": 5}, "/do/http", "E203"),
    ({"http": "GET /x", "jsn": 1}, "/do/jsn", "E201"),
    ({"htpp": "GET /x"}, "/do/htpp", "E201"),
    ({"id": "a"}, "/do", "E504"),
    ({}, "/do", "E504"),
    (5, "/do", "E504"),
    ({"log": "a", "notify": "b"}, "/do", "E504"),
    ({"log": "a", "do": "log 'x'"}, "/do", "E504"),
    ({"http": "POST /x", "json": 1, "form": {}}, "/do", "E514"),
    ({"http": "POST /x", "body": "a", "file": "b"}, "/do", "E514"),
    ({"http": "GET /x", "follow": 6}, "/do/follow", "E203"),
    ({"http": "GET /x", "max_bytes": True}, "/do/max_bytes", "E203"),
    ({"http": "GET /x", "expect": ["ok"]}, "/do/expect", "E203"),
    ({"http": "GET /x", "auth": "token abc"}, "/do/auth", "E507"),
    ({"http": "GET /x", "auth": {"kind": "basic", "secret": "PW"}}, "/do/auth", "E507"),
    ({"http": "GET /x", "auth": {"kind": "bearer", "secret": "pw"}}, "/do/auth", "E507"),
    ({"http": "GET /x", "json": [{"secret": "lower"}]}, "/do/json/0", "E507"),
    ({"http": "GET /x", "headers": {"a b": "c"}}, "/do/headers/a b", "E203"),
    ({"http": "GET /x", "headers": {"a": True}}, "/do/headers/a", "E203"),
    ({"call": "light"}, "/do/call", "E331"),
    ({"call": "light.turn_on", "with": [1]}, "/do/with", "E203"),
    ({"run": "ls", "args": [True]}, "/do/args/0", "E505"),
    ({"run": "ls", "args": [None]}, "/do/args/0", "E505"),
    ({"run": "ls", "args": "-l"}, "/do/args", "E203"),
    ({"run": " "}, "/do/run", "E203"),
    ({"notify": "Not A Channel", "message": "x"}, "/do/notify", "E203"),
    ({"notify": "phone", "message": 5}, "/do/message", "E203"),
    ({"notify": "phone", "message": "x", "level": "loud"}, "/do/level", "E203"),
    ({"wait": 10}, "/do/wait", "E310"),
    ({"wait": "soon"}, "/do/wait", "E310"),
    ({"wait": "50ms"}, "/do/wait", "E311"),
    ({"wait_for": "the postman"}, "/do/wait_for", "E330"),
    ({"wait_for": ["start", 5]}, "/do/wait_for/1", "E203"),
    ({"wait_for": "start", "on_timeout": "retry"}, "/do/on_timeout", "E203"),
    ({"set": 5}, "/do/set", "E203"),
    ({"write_file": "x", "append": "yes"}, "/do/append", "E203"),
    ({"start": "Month End"}, "/do/start", "E203"),
    ({"choose": []}, "/do/choose", "E203"),
    ({"choose": [{"else": "log 'x'"}]}, "/do/choose", "E203"),
    ({"choose": [{"if": "cpu > 5", "do": "log 'x'"}]}, "/do/choose/0/if", "E407"),
    ({"choose": [{"if": "a.b", "doo": "log 'x'"}]}, "/do/choose/0/doo", "E201"),
    ({"if": "a.b =", "do": "log 'x'"}, "/do/if", "E405"),
    ({"if": {"any": ["a.b", "cpu"]}, "do": "log 'x'"}, "/do/if/any/1", "E407"),
    ({"if": "a.b", "do": []}, "/do/do", "E203"),
    ({"repeat": {"count": 3, "until": "a.b"}, "do": "log 'x'"}, "/do/repeat", "E203"),
    ({"repeat": {"count": 0}, "do": "log 'x'"}, "/do/repeat/count", "E203"),
    ({"repeat": {"each": "x"}, "do": "log 'x'"}, "/do/repeat/each", "E203"),
    ({"repeat": {"count": 1, "max": 10_001}, "do": "log 'x'"}, "/do/repeat/max", "E203"),
    ({"parallel": [*("log 'x'" for _ in range(17))]}, "/do/parallel", "E208"),
    ({"parallel": [[]]}, "/do/parallel/0", "E203"),
    ({"stop_unless": "a.b", "if": "c.d"}, "/do/if", "E201"),
    ({"ask": "ok?", "within": "5s"}, "/do/within", "E311"),
    ({"log": "x", "timeout": "8d"}, "/do/timeout", "E311"),
    ({"log": "x", "timeout": 30}, "/do/timeout", "E310"),
    ({"log": "x", "retry": "often"}, "/do/retry", "E601"),
    ({"log": "x", "retry": 21}, "/do/retry", "E602"),
    ({"log": "x", "on_error": "ignore"}, "/do/on_error", "E203"),
    ({"log": "x", "save_as": "_x"}, "/do/save_as", "E203"),
    ({"log": "x", "id": "a b"}, "/do/id", "E203"),
    ("wait 50ms", "/do", "E311"),
]


@pytest.mark.parametrize(
    ("step", "path", "code"), ONE_FAULT, ids=[str(f[0])[:50] for f in ONE_FAULT]
)
def test_a_wrong_step_has_its_code_at_its_place(step: JsonValue, path: str, code: str) -> None:
    assert faults(step) == [(path, code)]


@pytest.mark.req("I09")
def test_an_unknown_key_names_the_nearest_one() -> None:
    heard = Heard()
    read_steps({"notify": "phone", "mesage": "x", "message": "y"}, SmallReader(heard))
    [(_, fault)] = heard.faults
    assert fault.names == {"k": "mesage", "nearest": "message"}


def test_a_mistyped_required_key_is_named_instead_of_asked_for() -> None:
    heard = Heard()
    read_steps({"notify": "phone", "mesage": "x"}, SmallReader(heard))
    assert heard.codes() == [("/do/mesage", "E201")]
    assert heard.faults[0][1].names["nearest"] == "message"
    assert heard.asked == []


@pytest.mark.parametrize(
    "path",
    [".{{ run.id }}", "..{{ run.id }}/x", "../{{ run.id }}", "{{ run.id }}/.", "{{run.id}}."],
)
def test_a_value_in_an_address_cannot_leave_dots_alone(path: str) -> None:
    text = f"GET https://a.example.net/a/{path}"
    assert faults({"http": text}) == [("/do/http", "E703")]
    assert faults(text) == [("/do", "E703")]


def test_dots_beside_other_characters_and_in_queries_are_fine() -> None:
    assert faults({"http": "GET https://a.example.net/v.{{ run.id }}/x?f=./{{ run.date }}"}) == []


def test_all_faults_of_a_list_are_told_together() -> None:
    assert faults([{"log": 5}, "log 'x'", {"wait": 1, "timeout": 2}]) == [
        ("/do/0/log", "E203"),
        ("/do/2/wait", "E310"),
        ("/do/2/timeout", "E310"),
    ]


@pytest.mark.req("I20")
@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb"])
def test_a_line_end_in_a_header_is_refused(value: str) -> None:
    assert faults({"http": "GET /x", "headers": {"A": value}}) == [("/do/headers/A", "E512")]
    assert faults({"http": "GET /x", "headers": {value: "A"}})[0][1] == "E512"
    assert faults({"http": f"GET http://h{value[1:]}"})[0][1] == "E503"


def test_a_second_free_text_as_answer_is_refused() -> None:
    heard = Heard(answers={"/do": "feed the cat"})
    assert read_steps("water the orchids", SmallReader(heard)) == []
    assert heard.codes() == [("/do", "E501")]


TEMPLATE = "{{ vars.x }}"
FORBIDDEN: list[tuple[JsonValue, str]] = [
    ({"http": "GET https://{{ vars.x }}.example/"}, "/do/http"),
    ({"http": "GET https://h.example{{ vars.x }}/"}, "/do/http"),
    ({"http": "GET /x", "via": TEMPLATE}, "/do/via"),
    ({"http": "GET /x", "pick": TEMPLATE}, "/do/pick"),
    ({"call": TEMPLATE}, "/do/call"),
    ({"code": TEMPLATE}, "/do/code"),
    ({"code": "f", "module": TEMPLATE}, "/do/module"),
    ({"run": TEMPLATE}, "/do/run"),
    ({"notify": TEMPLATE, "message": "x"}, "/do/notify"),
    ({"emit": TEMPLATE}, "/do/emit"),
    ({"start": TEMPLATE}, "/do/start"),
    ({"stop": TEMPLATE}, "/do/stop"),
    ({"repeat": {"count": TEMPLATE}, "do": "log 'x'"}, "/do/repeat"),
    ({"log": "x", "id": TEMPLATE}, "/do/id"),
    ({"log": "x", "save_as": TEMPLATE}, "/do/save_as"),
    ({"call": "a.b", "with": {TEMPLATE: 1}}, f"/do/with/{TEMPLATE}"),
    ({"worker": "p", "schema": {"a": TEMPLATE}}, "/do/schema"),
    ({"wait_for": "mqtt a/{{x}}/b"}, "/do/wait_for"),
]


@pytest.mark.parametrize(("step", "path"), FORBIDDEN, ids=[str(f[0])[:50] for f in FORBIDDEN])
def test_a_template_outside_of_action_data_is_refused(step: JsonValue, path: str) -> None:
    assert faults(step) == [(path, "E509")]


def test_a_template_in_a_condition_is_refused_by_the_condition() -> None:
    assert faults({"log": "x", "if": "a.b == '{{ vars.x }}'"}) == [("/do/if", "E409")]


@pytest.mark.req("I16")
def test_every_template_in_action_data_is_checked_at_its_place() -> None:
    hostile = "{{ ''.__class__ }}"
    assert faults({"http": f"GET /x/{hostile}"}) == [("/do/http", "E705")]
    assert faults({"http": "GET /x", "json": {"a": [hostile]}}) == [("/do/json/a/0", "E705")]
    assert faults({"run": "ls", "args": [hostile]}) == [("/do/args/0", "E705")]
    assert faults({"set": {"a": "{% x %}"}}) == [("/do/set/a", "E702")]
    assert faults({"repeat": {"each": "{{ f() }}"}, "do": "log 'x'"}) == [("/do/repeat", "E703")]
    assert faults(f"log '{hostile.replace(chr(39), chr(34))}'") == [("/do", "E705")]
    assert faults({"if": "a.b", "do": {"log": "{{ nope }}"}}) == [("/do/do/log", "E705")]


CYCLES: list[tuple[JsonValue, list[tuple[str, str]]]] = [
    ([{"id": "a", "log": "x", "needs": ["a"]}], [("/do/0/needs", "E510")]),
    ([{"id": "a", "log": "x", "needs": ["q"]}], [("/do/0/needs", "E510")]),
    ([{"log": "x", "needs": "q"}], [("/do/0/needs", "E510")]),
    (
        [{"id": "a", "log": "x", "needs": ["b"]}, {"id": "b", "log": "y", "needs": ["a"]}],
        [("/do/0/needs", "E607")],
    ),
    (
        [{"id": "a", "log": "x", "needs": ["b"]}, {"id": "b", "log": "y"}],
        [("/do/0/needs", "E607")],
    ),
    ([{"id": "a", "log": "x"}, {"id": "a", "log": "y"}], [("/do/1/id", "E204")]),
    (
        [{"id": "a", "log": "x", "needs": ["b"]}, {"id": "b", "log": "y", "needs": []}],
        [],
    ),
    (
        [
            {"id": "a", "log": "x"},
            {"id": "b", "log": "y", "needs": []},
            {"id": "c", "log": "z", "needs": ["a", "b"]},
        ],
        [],
    ),
]


@pytest.mark.parametrize(("steps", "expected"), CYCLES)
def test_needs_name_other_steps_and_never_turn_in_a_circle(
    steps: JsonValue, expected: list[tuple[str, str]]
) -> None:
    assert faults(steps) == expected


def test_a_cycle_names_two_of_its_steps() -> None:
    heard = Heard()
    steps: JsonValue = [
        {"log": "x"},
        {"id": "b", "log": "y", "needs": ["c"]},
        {"id": "c", "log": "z"},
    ]
    read_steps(steps, SmallReader(heard))
    assert heard.faults[0][1].names == {"a": "b", "b": "c"}
