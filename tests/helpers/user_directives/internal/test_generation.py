import ast
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.code_checks import check_code, check_tests
from aifp.helpers.user_directives.internal.generation.growth import Signature
from aifp.helpers.user_directives.internal.generation.implementation import (
    entries_of,
    implementation_source,
)
from aifp.helpers.user_directives.internal.generation.names import module_of
from aifp.helpers.user_directives.internal.generation.refusals import later_notes, refuse_later
from aifp.helpers.user_directives.internal.generation.statements import delays
from aifp.helpers.user_directives.internal.generation.tests_source import source_of_tests
from aifp.helpers.user_directives.internal.language.reading_back import describe
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError, InvalidArgument, Unavailable
from aifp.schemas.sandbox import Job, Outcome
from aifp.schemas.steps import NO_RETRY, Retry
from aifp.server.sandbox.wasm import WasmSandbox
from tests.helpers.user_directives.internal.sheets import directive

RETRY: JsonMap = {"times": 2, "after_ms": 1000, "factor": 2, "max_ms": 10_000}
GET: JsonMap = {"verb": "http", "method": "GET", "url": "https://a.example.net/x"}
NOTE: JsonMap = {"verb": "notify", "channel": "phone", "message": "hello"}

# One directive for each construct; the generated tests of each must pass in the sandbox.
CONSTRUCTS: dict[str, list[JsonMap]] = {
    "a call": [GET],
    "a guarded call": [{**GET, "if": "sensor.power > 5 and input.really"}],
    "a saved value": [
        {**GET, "save_as": "rates"},
        {**NOTE, "message": "{{ vars.rates.json.eur | round(1) }} {{ run.date }}"},
    ],
    "a picked value": [
        {**GET, "pick": "rates.eur", "save_as": "eur"},
        {"verb": "set", "values": {"twice": "{{ vars.eur * 2 }}"}},
        {**NOTE, "message": "{{ vars.twice }}"},
    ],
    "a request with everything": [
        {
            **GET,
            "method": "POST",
            "url": "https://a.example.net/{{ input.id }}/x?day={{ run.date }}",
            "json": {"a": ["{{ vars.x }}", 1, None], "long text": "y" * 80},
            "headers": {"X-Key": {"secret": "KEY", "prefix": "Bearer "}},
            "auth": {"kind": "basic", "user": "me", "secret": "PASSWORD"},
            "expect": ["2xx", "404"],
            "follow": 2,
            "timeout_ms": 5000,
            "retry": RETRY,
        }
    ],
    "a step that is never repeated": [
        {**NOTE, "retry": NO_RETRY.model_dump(mode="json")},
        {**GET, "retry": NO_RETRY.model_dump(mode="json")},
    ],
    "files": [
        {"verb": "read_file", "path": "in/{{ run.date }}.txt", "save_as": "text"},
        {"verb": "write_file", "path": "out/a.txt", "data": "{{ vars.text | upper }}"},
        {"verb": "write_file", "path": "out/b.txt", "data": {"n": 1}, "append": True},
    ],
    "programs": [
        {
            "verb": "run",
            "program": "bin/print-label",
            "args": ["--order", "{{ input.order }}", "a b"],
            "cwd": "labels/{{ run.date }}",
            "env": {"COPIES": "{{ input.copies }}"},
            "stdin": "{{ vars.text }}",
        },
        {"verb": "run", "program": "/usr/bin/uptime", "save_as": "up"},
        {**NOTE, "message": "{{ vars.up.exit }}: {{ vars.up.text }}"},
        {"verb": "run", "program": "backup", "on_error": "continue"},
    ],
    "memory": [
        {"verb": "remember", "values": {"count": "{{ memory.count | default(0) + 1 }}", "x": "y"}},
        {**NOTE, "message": "run {{ memory.count }}"},
    ],
    "several values at once": [
        {"verb": "set", "values": {"b": "{{ vars.a }}", "a": "{{ vars.b }}"}},
        {"verb": "remember", "values": {"y": "{{ memory.x }}", "x": "{{ state['sensor.a'] }}"}},
    ],
    "waits": [
        {"verb": "wait", "ms": 1500},
        {"verb": "wait", "until": "17:00"},
        {"verb": "log", "message": "{{ run.time }}"},
    ],
    "an entity in a text": [{**NOTE, "message": "{{ state['sensor.power'] }} W"}],
    "choose": [
        {
            "verb": "choose",
            "options": [
                {"if": 'trigger.id == "hot"', "steps": [NOTE]},
                {"if": "vars.n > 3", "steps": [{"verb": "stop", "reason": "enough"}]},
            ],
            "else": [GET],
        }
    ],
    "branch": [{"verb": "branch", "if": "vars.n > 3", "steps": [GET], "else": [NOTE]}],
    "stop": [{"verb": "stop", "reason": 'it\'s "done" \\ now', "error": True, "if": "vars.n > 3"}],
    "stop unless": [{"verb": "stop_unless", "if": "vars.n > 3"}, NOTE],
    "repeat by count": [
        {"verb": "repeat", "count": 3, "steps": [{**NOTE, "message": "{{ item }}"}]}
    ],
    "repeat each": [
        {
            "verb": "repeat",
            "each": "{{ vars.rooms }}",
            "save_as": "all",
            "steps": [
                {**GET, "url": "https://a.example.net/{{ item.name }}"},
                {**GET, "if": "item.on == true"},
            ],
        }
    ],
    "repeat while": [
        {
            "verb": "repeat",
            "while": "vars.n < 3",
            "max": 7,
            "steps": [GET, {"verb": "wait", "ms": 100}],
        }
    ],
    "repeat until": [{"verb": "repeat", "until": "vars.n < 3", "max": 7, "steps": [GET]}],
    "loops inside loops": [
        {
            "verb": "repeat",
            "count": 2,
            "steps": [
                {"verb": "repeat", "each": ["a", "b"], "steps": [{**NOTE, "message": "{{ item }}"}]}
            ],
        }
    ],
    "parallel": [
        {
            "verb": "parallel",
            "save_as": "both",
            "branches": [
                [{**GET, "save_as": "one"}, {**NOTE, "message": "{{ vars.one.status }}"}],
                [NOTE, {**GET, "if": "vars.n > 3"}, {"verb": "wait", "ms": 100}],
                [{"verb": "set", "values": {"x": 1}}],
            ],
        }
    ],
    "parallel inside parallel": [
        {
            "verb": "parallel",
            "branches": [
                [{"verb": "parallel", "branches": [[GET], [NOTE, GET]]}],
                [{"verb": "repeat", "count": 2, "steps": [GET]}],
            ],
        }
    ],
    "a plan": [
        {**GET, "id": "a"},
        {**GET, "id": "b", "needs": []},
        {**NOTE, "id": "c", "needs": ["a", "b"], "message": "{{ steps.a.json.total }}"},
        {**NOTE, "id": "d", "on_error": "continue"},
        {**GET, "id": "e", "needs": ["b"], "json": "{{ steps.b }}"},
    ],
    "a plan that is written backwards": [
        {**NOTE, "id": "c", "needs": ["b"], "message": "{{ steps.a.json.total }}"},
        {**GET, "id": "b", "needs": ["a"]},
        {**GET, "id": "a", "needs": []},
    ],
    "errors that do not stop": [{**GET, "on_error": "continue"}, NOTE],
    "repetition after an error": [{**NOTE, "retry": RETRY}, {"verb": "log", "message": "end"}],
    "repetition of a file": [
        {
            "verb": "read_file",
            "path": "a.txt",
            "retry": RETRY,
            "on_error": "continue",
            "save_as": "t",
        }
    ],
    "repetition inside branches": [
        {
            "verb": "parallel",
            "branches": [[{**NOTE, "retry": RETRY, "on_error": "continue"}], [GET]],
        }
    ],
}


def names(source: str) -> list[str]:
    return [n.name for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]


async def tried(sandbox: WasmSandbox, sheet: CanonicalDirective, **more: str) -> Outcome:
    module = module_of(sheet.name)
    functions = {f: Signature(m, wants_ctx=False) for m, s in more.items() for f in names(s)}
    source = implementation_source(sheet, functions, describe(sheet))
    tests = source_of_tests(sheet, functions)
    assert check_code(source, [e.function for e in entries_of(sheet)], more) == []
    assert check_tests(tests, [module, *more]) == []
    job = Job(
        mode="tests",
        modules={module: source, f"test_{module}": tests, **more},
        main=module,
        tests=f"test_{module}",
        entry=entries_of(sheet)[0].function,
        now=datetime(2026, 11, 21, tzinfo=UTC),
        seed="seed",
    )
    return await sandbox.run(job)


def failures(outcome: Outcome) -> list[str]:
    assert outcome.status == "ok", outcome.error
    assert isinstance(outcome.result, list)
    assert outcome.result
    return [str(t) for t in outcome.result if isinstance(t, dict) and not t["passed"]]


@pytest.mark.req("D38", "D97")
@pytest.mark.parametrize("construct", CONSTRUCTS)
async def test_the_tests_of_each_construct_pass(sandbox: WasmSandbox, construct: str) -> None:
    sheet = directive(*CONSTRUCTS[construct], secrets=["KEY", "PASSWORD"])
    assert failures(await tried(sandbox, sheet)) == []


@pytest.mark.req("D38")
async def test_tests_that_are_generated_see_a_wrong_implementation(sandbox: WasmSandbox) -> None:
    sheet = directive(GET, NOTE)
    source = implementation_source(sheet, {}, "x").replace("    effect_notify_phone(ctx)\n", "", 1)
    job = Job(
        mode="tests",
        modules={"sample": source, "test_sample": source_of_tests(sheet, {})},
        main="sample",
        tests="test_sample",
        entry="execute_sample",
        now=datetime(2026, 11, 21, tzinfo=UTC),
        seed="seed",
    )
    assert failures(await sandbox.run(job))


@pytest.mark.req("D38")
async def test_functions_of_code_steps_are_called_with_their_arguments(
    sandbox: WasmSandbox,
) -> None:
    sheet = directive(
        {"verb": "code", "id": "sums", "function": "close", "with": {"day": "{{ run.date }}"}},
        {"verb": "notify", "channel": "phone", "message": "{{ steps.sums.total | round(2) }}"},
        policies={"on_failure": [{**NOTE, "message": "{{ run.error }}"}], "on_recovery": [NOTE]},
    )
    helper = "def close(day: str) -> dict[str, float]:\n    return {'total': 1.0}\n"
    assert failures(await tried(sandbox, sheet, sample_code=helper)) == []


@pytest.mark.req("D38")
def test_the_same_directive_gives_the_same_bytes() -> None:
    sheets = [directive(*steps) for steps in CONSTRUCTS.values()]
    first = [(implementation_source(s, {}, describe(s)), source_of_tests(s, {})) for s in sheets]
    again = [(implementation_source(s, {}, describe(s)), source_of_tests(s, {})) for s in sheets]
    assert first == again


@pytest.mark.req("D38")
def test_generated_code_reads_as_it_was_written_by_hand() -> None:
    sheet = directive(
        {
            **GET,
            "save_as": "rates",
            "query": {"day": "{{ run.date }}"},
            "if": "sensor.power > 5",
            "pick": "rates.eur",
        },
        name="rates_file",
    )
    assert implementation_source(sheet, {}, "title\nStarts by hand.").splitlines()[7:] == [
        "from aifp_guest import Ctx",
        "",
        "",
        "def execute_rates_file(ctx: Ctx) -> dict[str, object]:",
        '    """Do the steps of rates_file."""',
        '    if ctx.test("sensor.power > 5", {}):',
        '        ctx.vars["rates"] = effect_get_x(ctx)',
        '    return {"rates": ctx.vars.get("rates")}',
        "",
        "",
        "def effect_get_x(ctx: Ctx) -> object:",
        '    """GET https://a.example.net/x."""',
        "    return ctx.http(",
        '        "GET",',
        '        "https://a.example.net/x",',
        '        query=ctx.render({"day": "{{ run.date }}"}),',
        '        pick="rates.eur",',
        "    )",
    ]


def test_long_loops_without_calls_get_the_plain_test_only() -> None:
    loop: JsonMap = {
        "verb": "repeat",
        "count": 10_000,
        "steps": [{"verb": "set", "values": {"n": 1}}],
    }
    sheet = directive({"verb": "repeat", "count": 10_000, "steps": [loop]})
    assert "def test_the_entry_point_is_there" in source_of_tests(sheet, {})


@pytest.mark.parametrize("verb", ["call", "worker", "emit", "start", "wait_for", "ask"])
def test_verbs_of_later_versions_are_refused_by_name(verb: str) -> None:
    steps: dict[str, JsonMap] = {
        "call": {"target": "light.turn_on"},
        "worker": {"prompt": "x"},
        "emit": {"event": "x"},
        "start": {"directive": "x"},
        "wait_for": {"when": []},
        "ask": {"message": "x"},
    }
    with pytest.raises(Unavailable, match=f"`{verb}`"):
        implementation_source(directive({"verb": verb, **steps[verb]}), {}, "x")
    assert [f"`{verb}`" in n for n in later_notes(directive({"verb": verb, **steps[verb]}))] == [
        True
    ]


@pytest.mark.parametrize(
    ("start", "kind"),
    [({"kind": "mqtt", "topic": "a/b"}, "mqtt"), ({"kind": "ha", "trigger": {}}, "ha")],
)
def test_starts_of_later_versions_are_refused_by_name(start: JsonMap, kind: str) -> None:
    sheet = directive(NOTE, when=[start])
    with pytest.raises(Unavailable, match=f"`{kind}`"):
        refuse_later(sheet)
    assert [f"`{kind}`" in note for note in later_notes(sheet)] == [True]


@pytest.mark.parametrize("step", [{**GET, "via": "cluster"}, {**GET, "url": "/x"}])
def test_a_connection_is_told_of_before_anything_is_made(step: JsonMap) -> None:
    [note] = later_notes(directive({"verb": "parallel", "branches": [[step]]}))
    assert "connection" in note


@pytest.mark.parametrize(
    "step",
    [
        {**NOTE, "timeout_ms": 5000},
        {**GET, "via": "cluster"},
        {**GET, "url": "/x"},
        {**GET, "url": "https://a.example.net/..{{ input.x }}/x"},
        {"verb": "todo", "text": "water the orchids"},
        {"verb": "parallel", "branches": [[GET]], "retry": RETRY},
        {"verb": "branch", "if": "vars.n > 1", "steps": [GET], "save_as": "x"},
    ],
)
def test_what_no_code_can_be_made_for_is_refused(step: JsonMap) -> None:
    with pytest.raises(AifpError):
        implementation_source(directive(step), {}, "x")


def test_a_plan_whose_steps_need_each_other_is_refused() -> None:
    sheet = directive({**GET, "id": "a", "needs": ["b"]}, {**GET, "id": "b"})
    with pytest.raises(InvalidArgument, match="circle"):
        implementation_source(sheet, {}, "x")


def test_the_delays_grow_up_to_their_limit() -> None:
    assert delays(Retry(times=4, after_ms=1000, factor=3, max_ms=10_000)) == (1.0, 3.0, 9.0, 10.0)


TEXT = st.text(max_size=60).filter(lambda t: "{" not in t)


@pytest.mark.req("I19", "I23")
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(message=TEXT, channel=TEXT, path=TEXT, key=TEXT)
def test_no_text_of_a_directive_becomes_code(
    message: str, channel: str, path: str, key: str
) -> None:
    sheet = directive(
        {"verb": "notify", "channel": channel, "message": message},
        {"verb": "log", "message": message},
        {"verb": "write_file", "path": path, "data": {key: message}},
        {"verb": "remember", "values": {key: path}},
        {"verb": "set", "values": {key: message}},
        {"verb": "stop", "reason": message},
    )
    tree = ast.parse(implementation_source(sheet, {}, message))
    texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    assert {message, channel, path, key} <= texts
    called = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    assert called <= {"ctx.notify", "ctx.log", "ctx.file", "ctx.state", "ctx.stop"} | {
        n.name for n in tree.body if isinstance(n, ast.FunctionDef)
    }
