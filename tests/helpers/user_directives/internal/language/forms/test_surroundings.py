import pytest

from aifp.helpers.user_directives.internal.language.reader import interpret
from aifp.helpers.user_directives.internal.language.relations import others_of
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from aifp.schemas.reading import Interpretation, Known, Others
from tests.helpers.user_directives.internal.language.forms.sheets import (
    ZONE,
    asked,
    codes,
    draft_of,
    interpreted,
)

LOG: JsonMap = {"do": "log 'x'"}
TICK: JsonMap = {"every": "5m", **LOG}


def canonical(name: str, raw: JsonMap) -> CanonicalDirective:
    draft = draft_of(raw).model_copy(update={"name": name})
    found = interpret(draft, ZONE, Known(), {}, "other.yaml").canonical
    assert found is not None
    return found


def beside(raw: JsonMap, answers: JsonMap | None = None, **others: JsonMap) -> Interpretation:
    """Interpret directive `d` in a project with others."""
    sheets = [canonical(name, other) for name, other in others.items()]
    known = Known(
        directives=dict.fromkeys(others, "other.yaml"),
        others=others_of(sheets, complete=True),
    )
    return interpreted(raw, answers or {}, known)


def told(found: Interpretation) -> list[tuple[str, str]]:
    return [(problem.path, problem.text) for problem in found.problems]


@pytest.mark.req("D86")
def test_the_same_starts_and_steps_are_asked_about_and_kept_by_default() -> None:
    found = beside({**TICK, "priority": 5}, other=TICK)
    assert [(q.id, q.severity, q.default) for q in found.questions] == [
        ("q.duplicate", "warning", "keep")
    ]
    assert found.canonical is not None
    assert asked(beside({**TICK, "every": "6m"}, other=TICK)) == []


@pytest.mark.req("D86")
def test_a_copy_that_is_to_be_merged_waits_for_the_file() -> None:
    merged = beside(TICK, {"q.duplicate": "merge"}, other=TICK)
    assert [(q.id, q.severity) for q in merged.questions] == [("q.duplicate", "error")]
    assert merged.canonical is None
    assert asked(beside(TICK, {"q.duplicate": "keep"}, other=TICK)) == []


API: JsonMap = {"auth": "secret KEY", "input": {"id": "string"}, **LOG}


@pytest.mark.parametrize(
    ("own", "other"),
    [
        (
            {"api": "POST /a/{id}", **API},
            {"api": "POST /a/{name}", **API, "input": {"name": "string"}},
        ),
        ({"on": "webhook ring", **LOG}, {"on": "webhook ring", "do": "log 'y'"}),
        ({"api": "POST /ring", **API}, {"on": "webhook ring", **LOG}),
    ],
)
def test_an_endpoint_belongs_to_one_directive(own: JsonMap, other: JsonMap) -> None:
    found = beside(own, other=other)
    assert codes(found) == ["E335"]
    assert found.problems[0].text.endswith("is used by other")
    assert found.problems[0].path in ("/api", "/on")


def test_other_methods_and_paths_are_other_endpoints() -> None:
    other: JsonMap = {"api": "POST /a/{id}", **API}
    for path in ("PUT /a/{id}", "POST /a", "POST /a/b"):
        assert codes(beside({"api": path, **API, "do": "log 'z'"}, other=other)) == []


def test_one_directive_does_not_serve_an_endpoint_twice() -> None:
    found = beside({"on": ["webhook ring", "webhook ring"], **LOG})
    assert set(codes(found)) == {"E335"}


@pytest.mark.parametrize(
    ("own", "others", "circle"),
    [
        ({"needs": "a"}, {"a": {"needs": "d", **LOG}}, "d -> a -> d"),
        (
            {"needs": ["x", "a within 2h"]},
            {"x": TICK, "a": {"needs": "b", **LOG}, "b": {"needs": "d", **LOG}},
            "d -> a -> b -> d",
        ),
        ({"on": "failed a"}, {"a": {"on": "finished d", **LOG}}, "d -> a -> d"),
        ({"needs": "a"}, {"a": {"on": "succeeded d", **LOG}}, "d -> a -> d"),
        ({"on": "succeeded a"}, {"a": {"do": "start d"}}, None),
        ({"needs": "d"}, {}, "d -> d -> d"),
        ({"on": "failed d"}, {}, "d -> d -> d"),
    ],
)
def test_a_directive_cannot_come_after_itself(
    own: JsonMap, others: dict[str, JsonMap], circle: str | None
) -> None:
    found = beside({**own, **LOG}, **others)
    assert codes(found) == (["E607"] if circle else [])
    if circle:
        assert found.problems[0].text == f"{circle} is a cycle"
        assert found.problems[0].path


def test_starting_one_another_is_a_circle_too() -> None:
    assert codes(beside({"do": "start a"}, a={"do": "start d"})) == ["E607"]
    assert codes(beside({"do": "start d"})) == ["E607"]


@pytest.mark.parametrize(
    ("own", "path"),
    [
        ({"needs": ["other", "missing within 2h"], **LOG}, "/needs/1"),
        ({"policies": {"needs": "missing"}, **LOG}, "/policies/needs"),
        ({"on": "failed missing", **LOG}, "/on"),
        ({"do": ["log 'x'", "start missing"]}, "/do/1"),
    ],
)
def test_an_unknown_directive_is_refused_once_all_are_stored(own: JsonMap, path: str) -> None:
    found = beside(own, other=TICK)
    assert [(p.code, p.path) for p in found.problems] == [("E608", path)]
    assert codes(interpreted(own, known=Known(others=Others()))) == []


def test_a_mistyped_directive_is_told_with_the_nearest_one() -> None:
    [problem] = beside({"needs": "imprt_invoices", **LOG}, import_invoices=TICK).problems
    assert problem.hint == "did you mean import_invoices?"


TEMPLATES: list[tuple[JsonMap, str, str | None]] = [
    ({"steps": [{"id": "sums", "log": "x"}, {"log": "{{ steps.sum }}"}]}, "/steps/1/log", "sums"),
    ({"vars": {"rate": 1}, "do": {"log": "{{ vars.rates }}"}}, "/do/log", "vars.rate"),
    ({"input": {"order": "string"}, "do": {"log": "{{ input.ordr }}"}}, "/do/log", "input.order"),
    ({"do": {"log": "{{ read.depth }}"}}, "/do/log", "none"),
    ({"do": {"log": "{{ item }}"}}, "/do/log", "repeat"),
    ({"do": [{"repeat": {"each": "{{ item }}"}, "do": "log 'x'"}]}, "/do/0/repeat/each", "repeat"),
    ({"do": "log 'x'", "on_failure": {"log": "{{ vars.x }}"}}, "/on_failure/log", "none"),
    (
        {
            "steps": [{"id": "a", "log": "x"}],
            "on_failure": {"log": "{{ steps.a }}"},
        },
        "/on_failure/log",
        "none",
    ),
]


@pytest.mark.parametrize(("raw", "path", "hint"), TEMPLATES)
def test_a_template_names_only_what_the_directive_gives(
    raw: JsonMap, path: str, hint: str | None
) -> None:
    [problem] = interpreted(raw).problems
    assert (problem.code, problem.path) == ("E705", path)
    assert problem.hint is not None
    assert (hint or "") in problem.hint


CONDITIONS: list[JsonMap] = [
    {"if": "read.depth > 5", "on": "start", "do": "log 'x'"},
    {"if": "read.depth > 5", "do": "log 'x'"},
    {"do": {"log": "x", "if": "vars.n > 5"}},
    {"do": {"choose": [{"if": "input.n > 5", "do": "log 'x'"}]}},
    {"do": {"repeat": {"while": "steps.a.n > 5"}, "do": "log 'x'"}},
    {"do": {"stop_unless": "item > 5"}},
]


@pytest.mark.parametrize("raw", CONDITIONS)
def test_a_condition_names_only_what_the_directive_gives(raw: JsonMap) -> None:
    assert codes(interpreted(raw)) == ["E407"]


GIVEN: list[JsonMap] = [
    {"do": [{"set": {"n": 1}}, {"log": "{{ vars.n }}"}]},
    {"do": [{"read_file": "a.txt", "save_as": "t"}, {"log": "{{ vars.t }} {{ memory.any }}"}]},
    {"do": [{"code": "f"}, {"log": "{{ vars.set_by_code }}"}]},
    {"do": [{"repeat": {"each": [1]}, "do": [{"log": "{{ item.x }}", "if": "item > 1"}]}]},
    {"do": [{"repeat": {"each": [1]}, "do": {"parallel": [{"log": "{{ item }}"}]}}]},
    {"do": [{"repeat": {"until": "item > 2"}, "do": "log 'x'"}]},
    {"on": "webhook a", "do": {"log": "{{ trigger.data.any }} {{ run.id }}"}},
    {"do": {"log": "{{ state['sensor.a'] }} {{ input }} {{ vars }}"}},
    {
        "do": {"log": "{{ read.depth }}"},
        "read": {"depth": {"http": "GET https://a.example.net/x"}},
        "if": "read.depth > 5 or sensor.a is on",
    },
]


@pytest.mark.parametrize("raw", GIVEN)
def test_what_is_given_somewhere_may_be_named(raw: JsonMap) -> None:
    assert codes(interpreted(raw)) == []


def test_an_entity_of_a_step_that_is_not_there_now_is_warned_of() -> None:
    raw: JsonMap = {"do": {"log": "x", "if": "light.dsk is on"}}
    found = interpreted(raw, known=Known(entities=["light.desk"]))
    assert [(p.code, p.path) for p in found.problems] == [("W402", "/do/if")]
    assert found.canonical is not None
    assert codes(interpreted(raw)) == []


def test_an_answer_that_is_no_channel_is_asked_again() -> None:
    raw: JsonMap = {"do": 'notify fax "x"', "on_failure": 'notify fax "y"'}
    known = Known(channels=["log"])
    assert asked(interpreted(raw, known=known)) == ["q.channel"]
    assert asked(interpreted(raw, {"q.channel": "pager"}, known)) == ["q.channel"]
    settled = interpreted(raw, {"q.channel": "log"}, known).canonical
    assert settled is not None
    assert [step.wire()["channel"] for step in settled.steps] == ["log"]
    assert [step.wire()["channel"] for step in settled.policies.on_failure or []] == ["log"]


def test_an_input_in_a_path_is_declared() -> None:
    [problem] = interpreted({"api": "POST /a/{order}", "auth": "none", **LOG}).problems
    assert (problem.code, problem.path) == ("E407", "/api")
    assert problem.hint == "declare it: `input: {order: string}`"


def test_a_value_is_read_only_from_a_host_that_may_be_asked() -> None:
    read: JsonMap = {"depth": {"http": "GET http://192.168.1.5/x"}}
    found = interpreted({"read": read, "if": "read.depth > 5", **LOG})
    assert [(q.id, q.who) for q in found.questions] == [("q.private_host", "person")]
