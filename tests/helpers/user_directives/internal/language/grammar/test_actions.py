import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault, OpenQuestion
from aifp.helpers.user_directives.internal.language.grammar.actions import (
    parse_action,
    parse_request,
    parse_wait,
)
from aifp.helpers.user_directives.internal.language.questions import probe

Wire = dict[str, JsonValue]


def read(text: str) -> list[Wire]:
    return [step.wire() for step in parse_action(text, probe)]


def called(target: str, **data: JsonValue) -> Wire:
    return {"verb": "call", "target": target, "with": data}


ACTIONS: list[tuple[str, Wire]] = [
    (
        "GET https://parcels.example.net/v1/open",
        {"verb": "http", "method": "GET", "url": "https://parcels.example.net/v1/open"},
    ),
    (
        'post /a/{{ input.order }} with {"n": 1, "t": "{{ vars.x }}"}',
        {
            "verb": "http",
            "method": "POST",
            "url": "/a/{{ input.order }}",
            "json": {"n": 1, "t": "{{ vars.x }}"},
        },
    ),
    (
        'GET /a with {"q": "x"}',
        {"verb": "http", "method": "GET", "url": "/a", "query": {"q": "x"}},
    ),
    (
        "call irrigation.start with zone=tomato, minutes=12",
        called("irrigation.start", zone="tomato", minutes=12),
    ),
    (
        "call light.turn_on light.a, light.b with on=true, level=0.5, note='a, b'",
        called("light.turn_on", entity_id=["light.a", "light.b"], on=True, level=0.5, note="a, b"),
    ),
    ("call scene.evening", {"verb": "call", "target": "scene.evening"}),
    (
        "run bin/print --order \"{{ input.order }}\" 'a b'",
        {"verb": "run", "program": "bin/print", "args": ["--order", "{{ input.order }}", "a b"]},
    ),
    ("run bin/backup", {"verb": "run", "program": "bin/backup"}),
    (
        'notify phone "Freezer is \\"warm\\""',
        {"verb": "notify", "channel": "phone", "message": 'Freezer is "warm"'},
    ),
    ("wait 30m", {"verb": "wait", "ms": 1_800_000}),
    ("wait until 5pm", {"verb": "wait", "until": "17:00"}),
    ("start month_end", {"verb": "start", "directive": "month_end"}),
    ("emit garage.opened", {"verb": "emit", "event": "garage.opened"}),
    ("code close_month", {"verb": "code", "function": "close_month"}),
    ("log 'done {{ run.id }}'", {"verb": "log", "message": "done {{ run.id }}"}),
    ("turn on light.desk", called("light.turn_on", entity_id="light.desk")),
    ("Turn off switch.fan", called("switch.turn_off", entity_id="switch.fan")),
    ("toggle light.desk", called("light.toggle", entity_id="light.desk")),
    ("open cover.vents", called("cover.open_cover", entity_id="cover.vents")),
    ("close valve.main", called("valve.close_valve", entity_id="valve.main")),
    ("open lock.door", called("lock.open", entity_id="lock.door")),
    ("unlock lock.door", called("lock.unlock", entity_id="lock.door")),
]


@pytest.mark.parametrize(("text", "expected"), ACTIONS, ids=[a[0] for a in ACTIONS])
def test_an_action_text_is_one_canonical_step(text: str, expected: Wire) -> None:
    assert read(text) == [expected]


def test_a_list_of_entities_is_a_step_for_each() -> None:
    assert read("turn on light.a, fan.b and switch.c, and light.d") == [
        called("light.turn_on", entity_id="light.a"),
        called("fan.turn_on", entity_id="fan.b"),
        called("switch.turn_on", entity_id="switch.c"),
        called("light.turn_on", entity_id="light.d"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "water the orchids",
        "get the milk",
        "turn on kitchen light",
        "open the window",
        "turn on light.a and",
        "call mum",
        "call light.turn_on please",
        "start the car",
        "notify phone",
        "notify phone hello",
        "wait for the rain",
        "log something",
        "GET https://x.example/ and more",
        'GET /x with {"a": 1, "a": 2}',
        'GET /x with {"a": NaN}',
        'GET /x with {"a": 1e999}',
        "GET /x with [1]",
        "GET /x with {" + '"a":{' * 2000,
        "call a.b with x",
        "call a.b with x=1, x=2",
    ],
)
def test_free_text_is_never_an_action(text: str) -> None:
    with pytest.raises(LanguageFault, match="E501"):
        parse_action(text, probe)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FETCH https://x.example/", "E502"),
        ("GET ftp://x.example/", "E503"),
        ("GET x.example", "E503"),
        ("POST //evil.example/x", "E503"),
        ("wait 50ms", "E311"),
        ("wait 32d", "E311"),
        ("wait until 25:00", "E301"),
    ],
)
def test_a_wrong_detail_of_an_action_has_its_own_code(text: str, code: str) -> None:
    with pytest.raises(LanguageFault) as caught:
        parse_action(text, probe)
    assert caught.value.code == code


def test_an_hour_alone_asks_for_morning_or_evening() -> None:
    with pytest.raises(OpenQuestion, match=r"q\.ampm"):
        parse_action("wait until 5", probe)
    assert parse_wait("until 17:30", probe) == {"until": "17:30"}


@pytest.mark.req("I20")
@pytest.mark.parametrize("text", ["GET http://h\r\nX: y", "GET http://h\nX", "GET http://h\rX"])
def test_a_line_end_in_an_address_is_refused_before_any_parsing(text: str) -> None:
    with pytest.raises(LanguageFault):
        parse_request(text)
    with pytest.raises(LanguageFault):
        parse_action(text, probe)


@pytest.mark.req("I19")
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=20))
def test_shell_characters_stay_inside_one_argument(argument: str) -> None:
    quoted = argument.replace("\\", "\\\\").replace('"', '\\"')
    [step] = read(f'run bin/echo "{quoted}" tail')
    assert step["args"] == [argument, "tail"]


@given(st.text(max_size=40) | st.text("GETcalrunwithopen on./=,{}\"' 0123", max_size=60))
def test_any_text_is_an_action_or_a_coded_fault(text: str) -> None:
    try:
        parse_action(text, probe)
    except (LanguageFault, OpenQuestion):
        return
