"""The short form, key by key: types, policies, guards, data, secrets and zones."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.forms.keys import (
    ACTIONS,
    LOCATION,
    LONG,
    POLICIES,
    SHORT,
    TOP,
    TRIGGERS,
    TXT_OPTIONS,
)
from aifp.helpers.user_directives.internal.language.forms.step_verbs import (
    MAINS,
    parameters_of,
)
from aifp.helpers.user_directives.internal.language.reader import read_file
from aifp.schemas.common import JsonMap
from aifp.schemas.reading import FileSettings, Known, Problem
from tests.helpers.user_directives.internal.language.forms.sheets import (
    ZONE,
    asked,
    codes,
    interpreted,
    long_reading,
    txt_reading,
)

CALL: JsonMap = {"do": "call a.b"}
TWO: JsonMap = {"do": ["call a.b", "call c.d"]}

TYPES: list[tuple[JsonMap, str]] = [
    ({"at": "07:00", **CALL}, "schedule"),
    ({"every": "1h", **TWO}, "schedule"),
    ({"cron": "0 1 * * *", **CALL}, "schedule"),
    ({"on": "sunset", **CALL}, "schedule"),
    ({"on": "state a.b to on", **CALL}, "trigger"),
    ({"on": ["state a.b to on", "at 07:00"], **CALL}, "trigger"),
    ({"at": "07:00", "on": "start", **CALL}, "trigger"),
    ({"api": "POST /x", "auth": "none", "on": "start", **CALL}, "api"),
    ({"if": "a.b > 3", **CALL}, "conditional"),
    ({"on": "when a.b > 3", **CALL}, "conditional"),
    ({"at": "07:00", "if": "a.b > 3", **CALL}, "schedule"),
    ({"at": "07:00", "steps": ["call a.b"]}, "sequence"),
    (CALL, "trigger"),
    (TWO, "sequence"),
    ({"type": "trigger", "at": "07:00", **CALL}, "trigger"),
    ({"directive_type": "sequence", **CALL}, "sequence"),
    ({"type": "conditional", "at": "07:00", "if": "a.b > 3", **CALL}, "conditional"),
]


@pytest.mark.parametrize(("raw", "kind"), TYPES)
def test_the_type_follows_from_the_starts_unless_one_that_fits_is_written(
    raw: JsonMap, kind: str
) -> None:
    found = interpreted(raw)
    assert found.canonical, codes(found)
    assert found.canonical.type == kind


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "schedule", "on": "start", **CALL},
        {"type": "api", "at": "07:00", **CALL},
        {"type": "conditional", "at": "07:00", **CALL},
        {"type": "sequence", "at": "07:00", **CALL},
        {"type": "shedule", "at": "07:00", **CALL},
        {"type": 3, "at": "07:00", **CALL},
    ],
)
def test_a_type_that_does_not_fit_is_refused(raw: JsonMap) -> None:
    found = interpreted(raw)
    assert (codes(found), found.canonical) == (["E207"], None)


CONDITIONS: list[tuple[JsonValue, str]] = [
    ("a.b is on", 'a.b == "on"'),
    (["a.b > 1", "a.c < 2"], "a.b > 1 and a.c < 2"),
    ({"all": ["a.b > 1", "a.c < 2"]}, "a.b > 1 and a.c < 2"),
    ({"any": ["a.b > 1", "a.c < 2"]}, "a.b > 1 or a.c < 2"),
    ({"none": ["a.b > 1", "a.c < 2"]}, "not (a.b > 1 or a.c < 2)"),
    ({"not": "a.b > 1"}, "not a.b > 1"),
    (["a.b > 1", {"any": ["a.c > 1", "a.d > 1"]}], "a.b > 1 and (a.c > 1 or a.d > 1)"),
    (True, "true"),
]


@pytest.mark.parametrize(("written", "normal"), CONDITIONS)
def test_a_condition_of_any_shape_becomes_one_text(written: JsonValue, normal: str) -> None:
    guard = interpreted({"at": "07:00", "if": written, **CALL}).canonical
    watch = interpreted({"if": written, "check": "every 2m", **CALL}).canonical
    assert guard
    assert guard.if_ == normal
    assert watch
    assert watch.canonical()["when"] == [{"kind": "watch", "expr": normal, "check_ms": 120_000}]


def test_for_says_how_long_a_condition_must_have_held() -> None:
    found = interpreted({"if": "a.b > 1 and a.c > 1", "for": "90s", **CALL}).canonical
    assert found
    assert found.canonical()["when"] == [{"kind": "watch", "expr": "(a.b > 1 and a.c > 1) for 90s"}]


TIMES: list[JsonValue] = [f"{hour:02}:00" for hour in range(21)]
MANY: list[JsonValue] = ["call a.b"] * 201
REFUSED: list[tuple[JsonMap, list[str]]] = [
    ({}, ["E202"]),
    ({"do": "call a.b", "steps": ["call a.b"]}, ["E202"]),
    ({"do": []}, ["E202"]),
    ({"do": None}, ["E202"]),
    ({"at": 1080, **CALL}, ["E302"]),
    ({"at": True, **CALL}, ["E203"]),
    ({"at": ["07:00", "25:00"], **CALL}, ["E301"]),
    ({"every": 5, **CALL}, ["E310"]),
    ({"cron": 5, **CALL}, ["E320"]),
    ({"on": 5, **CALL}, ["E203"]),
    ({"at": "{{ vars.x }}", **CALL}, ["E509"]),
    ({"on": {"event": "x", "sorce": "y"}, **CALL}, ["E201"]),
    ({"on": {"source": "y"}, **CALL}, ["E203"]),
    ({"api": "GET /x", "auth": "none", **CALL}, ["E333"]),
    ({"api": 5, "auth": "none", **CALL}, ["E203"]),
    ({"api": "POST /x", "auth": "nobody", **CALL}, ["E507"]),
    ({"api": "POST /x", "auth": 3, **CALL}, ["E203"]),
    ({"at": "07:00", "auth": "none", **CALL}, ["E203"]),
    ({"at": "07:00", "reply": "accepted", **CALL}, ["E203"]),
    ({"at": "07:00", "check": "5m", **CALL}, ["E203"]),
    ({"if": "cpu_load > 5", **CALL}, ["E407"]),
    ({"if": ["cpu_load > 5", "mem_load > 5"], **CALL}, ["E407", "E407"]),
    ({"if": {"al": ["a.b > 1"]}, **CALL}, ["E201"]),
    ({"if": 5, **CALL}, ["E203"]),
    ({"if": "a.b > {{ x }}", **CALL}, ["E409"]),
    ({"for": "5m", **CALL}, ["E203"]),
    ({"if": "a.b > 1", "for": 5, **CALL}, ["E310"]),
    ({"mode": "quued", **CALL}, ["E606"]),
    ({"max": 0, "mode": "queued", **CALL}, ["E203"]),
    ({"max": 5, **CALL}, ["E203"]),
    ({"timeout": 45, **CALL}, ["E310"]),
    ({"timeout": "8d", **CALL}, ["E311"]),
    ({"timeout": "10ms", **CALL}, ["E311"]),
    ({"keep": "1h", **CALL}, ["E311"]),
    ({"retry": "often", **CALL}, ["E601"]),
    ({"retry": "50 times", **CALL}, ["E602"]),
    ({"retry": [1], **CALL}, ["E601"]),
    ({"catch_up": "never", **CALL}, ["E603"]),
    ({"limit": "5", **CALL}, ["E604"]),
    ({"approve": "never", **CALL}, ["E605"]),
    ({"needs": 5, **CALL}, ["E203"]),
    ({"retry": "3 times", "policies": {"retry": "2 times"}, **CALL}, ["E206"]),
    ({"policies": {"retyr": "2 times"}, **CALL}, ["E201"]),
    ({"policies": 3, **CALL}, ["E203"]),
    ({"title": 3, **CALL}, ["E203"]),
    ({"title": "x" * 201, **CALL}, ["E208"]),
    ({"description": "x" * 4_001, **CALL}, ["E208"]),
    ({"domain": "x" * 65, **CALL}, ["E208"]),
    ({"tags": [*map(str, range(21))], **CALL}, ["E208"]),
    ({"tags": [1], **CALL}, ["E203"]),
    ({"priority": 101, **CALL}, ["E203"]),
    ({"priority": -1, **CALL}, ["E203"]),
    ({"priority": "high", **CALL}, ["E203"]),
    ({"enabled": "yes", **CALL}, ["E203"]),
    ({"input": {"a": "strin"}, **CALL}, ["E506"]),
    ({"input": {"a": 3}, **CALL}, ["E203"]),
    ({"input": {"a": {"typ": "string"}}, **CALL}, ["E201", "E506"]),
    ({"input": 3, **CALL}, ["E203"]),
    ({"vars": {"a": "{{ x }}"}, **CALL}, ["E509"]),
    ({"secrets": "lower", **CALL}, ["E203"]),
    ({"read": {"x": "wait 5m"}, "if": "read.x > 1", **CALL}, ["E203"]),
    ({"read": {"x": "POST https://x.example/"}, "if": "read.x > 1", **CALL}, ["E203"]),
    ({"at": TIMES, **CALL}, ["E208"]),
    ({"do": MANY}, ["E208"]),
]


@pytest.mark.req("D36")
@pytest.mark.parametrize(("raw", "wanted"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_is_not_in_the_format_is_refused(raw: JsonMap, wanted: list[str]) -> None:
    found = interpreted(raw)
    assert (codes(found), found.canonical) == (wanted, None)


INPUTS: list[tuple[JsonValue, list[str]]] = [
    ({"type": "integer", "min": 1, "max": 5, "default": 3}, []),
    ({"type": "integer", "min": 1, "max": 5, "default": 6}, ["E506"]),
    ({"type": "integer", "default": True}, ["E506"]),
    ({"type": "integer", "default": "3"}, ["E506"]),
    ({"type": "boolean", "default": False}, []),
    ({"type": "string", "one_of": ["a", "b"], "default": "a"}, []),
    ({"type": "string", "one_of": ["a", "b"], "default": "c"}, ["E506"]),
    ({"type": "list", "default": []}, []),
    ({"type": "map", "default": []}, ["E506"]),
    ({"type": "text"}, ["E506"]),
    ({}, ["E506"]),
]


@pytest.mark.parametrize(("declared", "refused"), INPUTS)
def test_an_input_written_as_a_map_needs_a_type_and_a_default_of_that_type(
    declared: JsonValue, refused: list[str]
) -> None:
    found = interpreted({"input": {"a": declared}, **CALL})
    assert codes(found) == refused


def test_keys_that_start_with_an_underscore_are_comments_except_in_free_maps() -> None:
    found = interpreted({"_note": "x", "vars": {"_a": 1}, "policies": {"_b": 1}, **CALL})
    assert codes(found) == ["W102", "W102"]
    assert found.canonical
    assert found.canonical.vars == {"_a": 1}


def slips(word: str) -> set[str]:
    swapped = {word[:n] + b + a + word[n + 2 :] for n, (a, b) in enumerate(pairwise(word))}
    dropped = {word[:n] + word[n + 1 :] for n in range(len(word))}
    doubled = {word[:n] + word[n] + word[n:] for n in range(len(word))}
    return (swapped | dropped | doubled) - {word, ""}


def one_slip_apart(a: str, b: str) -> bool:
    return (
        a in slips(b)
        or b in slips(a)
        or (len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) == 1)
    )


def check_slips(key: str, known: frozenset[str], problems: list[Problem], slip: str) -> None:
    [problem] = [p for p in problems if p.code in ("E201", "E205")][:1]
    hint = problem.hint or ""
    near = hint.removeprefix("did you mean ").removesuffix("?")
    assert near == key or (near in known and one_slip_apart(near, slip)), (slip, hint)


@pytest.mark.req("I09")
@pytest.mark.parametrize("key", sorted(SHORT))
def test_every_slip_in_a_directive_key_is_refused_with_the_nearest_key(key: str) -> None:
    for slip in slips(key) - SHORT:
        if not slip.startswith("_") and slip not in LONG:
            check_slips(key, SHORT, interpreted({slip: 1, **CALL}).problems, slip)


@pytest.mark.req("I09")
@pytest.mark.parametrize("key", sorted(LONG))
def test_every_slip_in_a_long_key_is_refused_with_the_nearest_key(key: str) -> None:
    for slip in slips(key) - LONG:
        raw: JsonMap = {slip: 1, "trigger": "manual", "action": "call: a.b"}
        if not slip.startswith("_"):
            check_slips(key, LONG, long_reading(raw)[1].problems, slip)


@pytest.mark.req("I09")
@pytest.mark.parametrize("key", sorted(POLICIES))
def test_every_slip_in_a_policy_is_refused_with_the_nearest_policy(key: str) -> None:
    for slip in slips(key) - POLICIES:
        if not slip.startswith("_"):
            found = interpreted({"policies": {slip: 1}, **CALL})
            check_slips(key, POLICIES, found.problems, slip)


@pytest.mark.req("I09")
@pytest.mark.parametrize("key", sorted(TOP))
def test_every_slip_at_the_top_is_refused_with_the_nearest_key(key: str) -> None:
    for slip in slips(key) - TOP:
        text = f"{slip}: 1\ndirectives: {{a: {{do: call a.b}}}}\n"
        check_slips(key, TOP, read_file(text.encode(), "f.yaml").problems, slip)


@pytest.mark.req("I09")
@pytest.mark.parametrize("key", sorted(LOCATION))
def test_every_slip_in_the_location_is_refused_with_the_nearest_key(key: str) -> None:
    for slip in slips(key) - LOCATION:
        text = f"location: {{lat: 1, lon: 1, {slip}: 1}}\ndirectives: {{a: {{do: call a.b}}}}\n"
        check_slips(key, LOCATION, read_file(text.encode(), "f.yaml").problems, slip)


@pytest.mark.req("I09")
@pytest.mark.parametrize("kind", sorted(TRIGGERS))
def test_every_slip_in_a_trigger_map_is_refused_with_the_nearest_key(kind: str) -> None:
    known = TRIGGERS[kind] | {"type"}
    for key in TRIGGERS[kind]:
        for slip in slips(key) - known:
            raw: JsonMap = {"trigger": {"type": kind, slip: 1}, "action": "call: a.b"}
            if not slip.startswith("_"):
                check_slips(key, known, long_reading(raw)[1].problems, slip)


@pytest.mark.req("I09")
@pytest.mark.parametrize("kind", sorted(ACTIONS))
def test_every_slip_in_an_action_map_is_refused_with_the_nearest_key(kind: str) -> None:
    for key in ACTIONS[kind]:
        for slip in slips(key):
            raw: JsonMap = {"trigger": "manual", "action": {"type": kind, slip: 1}}
            problems = long_reading(raw)[1].problems
            if [p for p in problems if p.code == "E201"]:
                check_slips(key, frozenset(ACTIONS[kind] | {"type", "id"}), problems, slip)


# What a step of these verbs cannot do without.
WHOLE: dict[str, JsonMap] = {
    "do": {"do": "call a.b", "if": "a.b > 1"},
    "repeat": {"repeat": {"count": 1}, "do": "call a.b"},
    "notify": {"notify": "x", "message": "x"},
}


@pytest.mark.req("I09")
@pytest.mark.parametrize("verb", sorted(MAINS))
def test_every_slip_in_a_step_map_is_refused_with_the_nearest_key(verb: str) -> None:
    known = frozenset({verb, *parameters_of(verb)})
    for key in known:
        for slip in slips(key) - known - set(MAINS):
            whole = WHOLE.get(verb, {verb: "x"})
            step: JsonMap = {slip: 1} if key == verb else {**whole, slip: 1}
            found = interpreted({"do": [step]})
            if not slip.startswith("_"):
                assert "E201" in codes(found), (verb, slip, codes(found))


@pytest.mark.req("I09")
@pytest.mark.parametrize("key", sorted(TXT_OPTIONS))
def test_every_slip_in_a_txt_option_is_refused_with_the_nearest_key(key: str) -> None:
    for slip in slips(key) - TXT_OPTIONS:
        if not slip.startswith("_"):
            _, reading = txt_reading(f"call a.b [{slip} x]")
            check_slips(key, TXT_OPTIONS, reading.problems, slip)


ZONES = ["Mars/X", "../../etc/passwd", "CET-1CEST", "", "localtime", "posixrules", "UTC ", "utc"]


@pytest.mark.req("I11")
@pytest.mark.parametrize("zone", ZONES)
def test_only_zones_of_the_installed_list_are_accepted(zone: str) -> None:
    places = [
        interpreted({"timezone": zone, **CALL}),
        interpreted(CALL, settings=FileSettings(timezone=zone)),
        interpreted(CALL, known=Known(project_timezone=zone), settings=FileSettings()),
        interpreted(CALL, {"q.timezone": zone}, settings=FileSettings()),
        interpreted(
            {"trigger": {"type": "time", "time": "07:00", "timezone": zone}, "action": "call: a.b"}
        ),
    ]
    for found in places:
        assert codes(found) == ["E307"]
        assert found.canonical is None


@pytest.mark.req("I11")
def test_the_nearest_zone_is_offered() -> None:
    [problem] = interpreted({"timezone": "Europe/Madird", **CALL}).problems
    assert problem.hint == "nearest: Europe/Madrid"
    [problem] = interpreted({"timezone": "madrid", **CALL}).problems
    assert problem.hint == "nearest: Europe/Madrid"


@pytest.mark.req("D37")
def test_a_missing_zone_is_asked_and_shown_with_its_default() -> None:
    known = Known(host_timezone="Europe/Rome")
    found = interpreted(CALL, known=known, settings=FileSettings())
    assert [(q.id, q.default, q.severity) for q in found.questions] == [
        ("q.timezone", "Europe/Rome", "warning")
    ]
    assert found.canonical
    assert found.canonical.timezone == "Europe/Rome"
    answered = interpreted(CALL, {"q.timezone": "UTC"}, known, FileSettings())
    assert answered.questions == []
    assert answered.canonical
    assert answered.canonical.timezone == "UTC"


ASKED: list[tuple[JsonMap, str, JsonValue, Known]] = [
    ({"every": "day", **CALL}, "q.time_of_day", "06:00", Known()),
    ({"at": "5", **CALL}, "q.ampm", "05:00", Known()),
    ({"api": "POST /x", **CALL}, "q.auth", "none", Known()),
    ({"api": "POST /x", **CALL}, "q.auth", "bearer", Known()),
    ({"do": 'notify fax "x"'}, "q.channel", "phone", Known(channels=["phone"])),
    ({"do": "POST /x"}, "q.base_url", "hub", Known()),
    ({"do": "POST /x"}, "q.base_url", "https://x.example", Known()),
    ({"do": "GET http://192.168.1.4/x"}, "q.private_host", "allow this host", Known()),
    ({"do": "GET http://nas/x"}, "q.private_host", "allow this host", Known()),
    ({"do": 'notify phone "hi ${name}"'}, "q.placeholder", "plain text", Known()),
    ({"at": "2026-01-01 09:00", **CALL}, "q.past_date", "keep", Known(today="2026-11-21")),
    ({"on": "state a.b to on", **CALL}, "q.entity", "a.c", Known(entities=["a.c", "z.z"])),
    ({"if": "a.b > 1", **CALL}, "q.entity", "a.c", Known(entities=["a.c", "z.z"])),
    ({"trigger": "condition: cpu_load > 5", "action": "call: a.b"},
     "q.value_source", "sensor.cpu", Known()),
    ({"trigger": "condition: cpu_load > 5", "action": "call: a.b"},
     "q.value_source", {"http": "GET https://x.example/load"}, Known()),
    ({"trigger": "condition: a.b == cold", "action": "call: a.b"},
     "q.value_source", "it is text", Known()),
    ({"trigger": "condition: it is cold outside", "action": "call: a.b"},
     "q.condition", "sensor.x < 3", Known()),
    ({"trigger": {"type": "webhook"}, "action": "call: a.b"}, "q.event", "webhook x", Known()),
    ({"trigger": {"type": "manual"},
      "action": {"type": "api_call", "api": "hub", "service": "light"}},
     "q.call_target", "light.turn_on", Known()),
    ({"trigger": {"type": "manual"}, "action": {"type": "delay"}}, "q.params", 30, Known()),
    ({"trigger": {"type": "manual"}}, "q.action", "call a.b", Known()),
]  # fmt: skip


@pytest.mark.req("D37")
@pytest.mark.parametrize(
    ("raw", "question", "answer", "known"), ASKED, ids=lambda value: str(value)[:40]
)
def test_what_is_missing_raises_its_question_and_an_answer_closes_it(
    raw: JsonMap, question: str, answer: JsonValue, known: Known
) -> None:
    open_ = interpreted(raw, known=known)
    assert question in asked(open_)
    assert open_.canonical is None
    settled = interpreted(raw, {question: answer}, known)
    assert question not in asked(settled)
    assert settled.canonical, (codes(settled), asked(settled))


@pytest.mark.req("D37")
def test_an_answered_value_source_is_read_before_each_test() -> None:
    raw: JsonMap = {"trigger": "condition: cpu_load > 5", "action": "call: a.b"}
    step: JsonMap = {"http": "GET https://x.example/load", "pick": "now"}
    found = interpreted(raw, {"q.value_source": step})
    assert found.canonical
    form = found.canonical.canonical()
    assert form["read"] == {
        "cpu_load": {
            "verb": "http", "method": "GET", "url": "https://x.example/load", "pick": "now",
        }
    }  # fmt: skip
    assert form["when"] == [{"kind": "watch", "expr": "read.cpu_load > 5"}]


def test_a_private_host_that_the_person_allows_is_shown_as_a_warning() -> None:
    raw: JsonMap = {"do": "GET http://192.168.1.4/x"}
    assert codes(interpreted(raw, {"q.private_host": "allow this host"})) == ["W502"]
    assert codes(interpreted(raw, {"q.private_host": "cancel"})) == ["E503"]


@pytest.mark.req("D37")
def test_each_host_channel_word_and_entity_has_an_answer_of_its_own() -> None:
    hosts: JsonMap = {"do": ["GET http://10.0.0.1/a", "GET http://10.0.0.2/a"]}
    allowed = interpreted(hosts, {"q.private_host@/hosts/10.0.0.1": "allow this host"})
    assert [q.field for q in allowed.questions] == ["/hosts/10.0.0.2"]
    words: JsonMap = {"trigger": "condition: cpu > 5 or mem > 5", "action": 'notify: fax "x"'}
    answers: dict[str, JsonValue] = {
        "q.value_source@/values/cpu": "sensor.cpu",
        "q.value_source@/values/mem": "sensor.mem",
        "q.channel@/channels/fax": "phone",
    }
    settled = interpreted(words, answers, Known(channels=["phone"])).canonical
    assert settled
    assert settled.canonical()["when"] == [
        {"kind": "watch", "expr": "sensor.cpu > 5 or sensor.mem > 5"}
    ]


@pytest.mark.req("D37")
def test_a_date_that_is_over_may_be_changed_by_the_answer() -> None:
    raw: JsonMap = {"at": "2026-01-01 09:00", **CALL}
    known = Known(today="2026-11-21")
    assert asked(interpreted(raw, {"q.past_date": "change"}, known)) == ["q.past_date"]
    found = interpreted(raw, {"q.past_date": "2027-01-01 09:00"}, known).canonical
    assert found
    assert found.canonical()["when"] == [{"kind": "date", "at": "2027-01-01T09:00:00"}]


@pytest.mark.req("D37")
def test_a_secret_that_is_not_stored_is_asked_of_the_person() -> None:
    raw: JsonMap = {"do": {"http": "GET https://x.example/", "auth": "secret BOOKS"}}
    found = interpreted(raw, {"q.secret": "store it"}, Known(secrets=["OTHER"]))
    assert [(q.id, q.who) for q in found.questions] == [("q.secret", "person")]
    assert found.canonical is None
    other = interpreted(raw, {"q.secret": "OTHER"}, Known(secrets=["OTHER"])).canonical
    assert other
    assert other.secrets == ["OTHER"]
    assert other.canonical()["steps"] == [
        {
            "verb": "http",
            "method": "GET",
            "url": "https://x.example/",
            "auth": {"kind": "bearer", "secret": "OTHER"},
        }
    ]
    stored = interpreted(raw, known=Known(secrets=["BOOKS"])).canonical
    assert stored
    assert stored.secrets == ["BOOKS"]


def test_secrets_are_collected_wherever_they_are_named() -> None:
    raw: JsonMap = {
        "api": "POST /x",
        "auth": "hmac secret HOOK",
        "secrets": ["LISTED"],
        "do": {"http": "POST https://x.example/", "auth": "secret WEB",
               "headers": {"X": {"secret": "HEAD", "prefix": "Bearer "}},
               "json": {"a": [{"secret": "BODY"}], "b": {"secret": "not a name", "c": 1}}},
        "on_failure": {"http": "POST https://y.example/", "auth": "secret LATE"},
    }  # fmt: skip
    found = interpreted(raw)
    assert found.canonical, codes(found)
    assert found.canonical.secrets == ["BODY", "HEAD", "HOOK", "LATE", "LISTED", "WEB"]


NUMERIC: list[JsonMap] = [
    {"priority": None},
    {"max": None, "mode": "queued"},
    {"at": None},
    {"every": None},
    {"timeout": None},
    {"keep": None},
    {"check": None},
    {"retry": None},
    {"limit": None},
    {"for": None},
]
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.req("I08")
@pytest.mark.parametrize("field", NUMERIC, ids=lambda field: next(iter(field)))
@given(number=NUMBERS)
def test_any_number_in_a_numeric_field_is_taken_or_refused_but_never_breaks(
    field: JsonMap, number: float
) -> None:
    filled = {key: number if value is None else value for key, value in field.items()}
    found = interpreted({"if": "a.b > 1", **filled, **CALL})
    assert found.canonical is not None or codes(found) != []


def test_the_directive_zone_wins_over_the_file_and_the_project() -> None:
    known = Known(project_timezone="Europe/Rome")
    found = interpreted({"timezone": "UTC", **CALL}, known=known)
    assert found.timezone == "UTC"
    assert interpreted(CALL, known=known, settings=ZONE).timezone == "Europe/Madrid"
    assert interpreted(CALL, known=known, settings=FileSettings()).timezone == "Europe/Rome"
