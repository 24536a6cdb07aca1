"""Random directives: the code and the second reading of the same steps must agree."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.code_checks import check_code
from aifp.helpers.user_directives.internal.generation.implementation import implementation_source
from aifp.helpers.user_directives.internal.generation.tests_source import source_of_tests
from aifp.helpers.user_directives.internal.language.reading_back import describe
from aifp.schemas.common import JsonMap
from aifp.schemas.sandbox import Job
from aifp.server.sandbox.wasm import WasmSandbox
from tests.helpers.user_directives.internal.sheets import directive

TEXTS = [
    "hello",
    "{{ run.date }}",
    "{{ vars.n }} {{ input.x }}",
    "{{ vars.m | length }}",
    "a\"b'c\\",
]
CONDITIONS = ["vars.n > 3", 'trigger.id == "hot"', "sensor.power > 5", "vars.r == 200"]
RETRY: JsonMap = {"times": 1, "after_ms": 1000, "factor": 2, "max_ms": 10_000}
EXTRAS: list[JsonMap] = [
    {},
    {"if": ""},
    {"on_error": "continue"},
    {"retry": RETRY},
    {"if": "", "on_error": "continue", "retry": RETRY},
]
BARE = ("stop", "stop_unless", "set")

Steps = st.SearchStrategy[JsonMap]


def step(verb: str, **parts: st.SearchStrategy[JsonValue]) -> Steps:
    return st.fixed_dictionaries({"verb": st.just(verb), **parts})


def plain(values: Sequence[JsonValue]) -> JsonValue:
    return list(values)


def leaves() -> Steps:
    text, condition = st.sampled_from(TEXTS), st.sampled_from(CONDITIONS)
    address = st.sampled_from(["https://a.example.net/x", "https://a.example.net/{{ input.id }}/y"])
    name = st.sampled_from(["r", "s"])
    number: st.SearchStrategy[JsonMap] = st.sampled_from([{"n": "1"}, {"n": "{{ run.id }}"}])
    core = st.one_of(
        step("http", method=st.just("GET"), url=address),
        step("http", method=st.just("GET"), url=address, save_as=name),
        step("notify", channel=st.just("phone"), message=text),
        step("log", message=text),
        step("set", values=number),
        step("remember", values=number),
        step("read_file", path=st.just("a.txt"), save_as=name),
        step("wait", ms=st.just(1500)),
        step("stop", reason=st.just("enough")),
        step("stop_unless", **{"if": condition}),
    )
    return st.builds(merged, core, st.sampled_from(EXTRAS), condition)


def merged(core: JsonMap, extras: JsonMap, condition: str) -> JsonMap:
    allowed = {k: v for k, v in extras.items() if core["verb"] not in BARE or k != "retry"}
    guard: JsonMap = {"if": condition} if "if" in extras else {}
    return {**allowed, **guard, **core}


def nested(inner: Steps) -> Steps:
    block = st.lists(inner, min_size=1, max_size=3).map(plain)
    condition = st.sampled_from(CONDITIONS)
    option = st.fixed_dictionaries({"if": condition, "steps": block})
    return st.one_of(
        step("branch", steps=block, **{"if": condition, "else": block}),
        step(
            "choose", options=st.lists(option, min_size=1, max_size=2).map(plain), **{"else": block}
        ),
        step("repeat", count=st.integers(0, 3), steps=block),
        step("repeat", steps=block, **{"while": condition}),
        step("repeat", steps=block, until=condition),
        step("parallel", branches=st.lists(block, min_size=2, max_size=3).map(plain)),
    )


STEPS = st.lists(st.recursive(leaves(), nested, max_leaves=8), min_size=1, max_size=5)


@pytest.mark.nightly
@pytest.mark.req("D38", "D97")
@pytest.mark.timeout(600)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
async def test_generated_code_and_its_tests_agree(
    sandbox: WasmSandbox, steps: list[JsonMap]
) -> None:
    sheet = directive(*steps)
    source = implementation_source(sheet, {}, describe(sheet))
    assert check_code(source, ["execute_sample"]) == []
    job = Job(
        mode="tests",
        modules={"sample": source, "test_sample": source_of_tests(sheet, {})},
        main="sample",
        tests="test_sample",
        entry="execute_sample",
        now=datetime(2026, 11, 21, tzinfo=UTC),
        seed="seed",
    )
    outcome = await sandbox.run(job)
    assert outcome.status == "ok", outcome.error
    assert isinstance(outcome.result, list)
    failed = [t for t in outcome.result if isinstance(t, dict) and not t["passed"]]
    assert not failed, f"{failed}\n{source}\n{job.modules['test_sample']}"
