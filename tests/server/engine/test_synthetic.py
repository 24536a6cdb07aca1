"""Synthetic tests: declared and made-up cases, and test files, in the sandbox with mock answers."""

import pytest

from aifp.schemas.testing import TestReport
from tests.server.engine.loopback import Loopback
from tests.server.engine.rig import CALL, Rig
from tests.server.engine.workbench import Workbench, host_permission

CASES = """TEST_CASES = [
    {"input": {"a": 2, "b": 3}, "expected_output": 5, "description": "small"},
    {"input": {"a": 1, "b": "x"}, "should_raise": "TypeError", "description": "wrong"},
    {"input": {"a": 0, "b": 0}, "expected_output": 0},
]
"""
ADD = (
    CASES
    + '''

def run(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b
'''
)


@pytest.fixture
def tool(bench: Workbench) -> Rig:
    return Rig(bench, "user_tool")


@pytest.fixture
def code(bench: Workbench) -> Rig:
    return Rig(bench)


def told(report: TestReport, case: str) -> list[str]:
    return next(one.told for one in report.details if case in one.case)


@pytest.mark.req("T11")
async def test_right_values_and_promised_errors_pass(tool: Rig) -> None:
    await tool.begin(ADD)
    report = await tool.test(await tool.version(ADD + "# more\n"), "synthetic")
    assert report.passed and report.failures == 0 and report.regressions == 0
    names = [case.case for case in report.details]
    assert names[:4] == ["the code loads", "case 1: small", "case 2: wrong", "case 3"]
    assert len(names) > 4


@pytest.mark.req("T11")
async def test_a_wrong_value_and_a_missing_error_are_regressions(tool: Rig) -> None:
    await tool.begin(ADD)
    report = await tool.test(
        await tool.version(ADD.replace("a + b", 'a + b + 1 if b != "x" else 1')), "synthetic"
    )
    assert report.passed is False
    assert told(report, "case 1: small") == ["the result: 5 became 6"]
    assert told(report, "case 2: wrong") == ["must raise TypeError, but ended well"]
    assert report.regressions >= 3


@pytest.mark.req("T11")
async def test_dropping_a_case_does_not_make_it_go_away(tool: Rig) -> None:
    await tool.begin(ADD)
    easier = 'TEST_CASES = [{"input": {"a": 1, "b": 1}, "expected_output": 2}]\n'
    spoilt = ADD.replace(CASES, easier).replace("a + b", "2 if (a, b) == (1, 1) else a + b + 1")
    report = await tool.test(await tool.version(spoilt), "synthetic")
    assert report.passed is False
    assert told(report, "small") == ["the result: 5 became 6"]


@pytest.mark.req("T11")
async def test_made_up_inputs_find_what_no_case_looks_at(tool: Rig) -> None:
    shout = 'def run(name: str, loud: bool = False) -> str:\n    return "Hello " + name\n'
    await tool.begin(shout)
    trap = shout.replace('"Hello " + name', '"Hello " + name if name == "Ada" else 1 + name')
    report = await tool.test(await tool.version(trap), "synthetic")
    assert report.passed is False and report.regressions > 1
    assert "fails now with TypeError" in told(report, "'name': ''")[0]


@pytest.mark.req("T11")
async def test_another_result_for_a_made_up_input_is_told_and_fails_nothing(tool: Rig) -> None:
    shout = 'def run(name: str, loud: bool = False) -> str:\n    return "Hello " + name\n'
    await tool.begin(shout)
    kinder = shout.replace('"Hello " + name', '"Hello " + (name or "nobody")')
    report = await tool.test(await tool.version(kinder), "synthetic")
    assert report.passed
    assert told(report, "'name': ''") == ['the result: "Hello " became "Hello nobody"']


@pytest.mark.req("T11")
async def test_a_first_version_without_cases_shows_nothing(tool: Rig) -> None:
    await tool.begin(ADD)
    await tool.bench.write("UPDATE artifacts SET deployed_version_id = NULL RETURNING id")
    report = await tool.test(await tool.version(ADD.replace(CASES, "")), "synthetic")
    assert report.passed is None and report.verdict.startswith("insufficient_data")
    report = await tool.test(await tool.version(ADD + "\n"), "synthetic")
    assert report.passed and report.baseline_version_number is None


@pytest.mark.req("T11")
async def test_made_up_inputs_of_a_first_version_must_not_end_at_a_limit(tool: Rig) -> None:
    await tool.begin(ADD)
    await tool.bench.write("UPDATE artifacts SET deployed_version_id = NULL RETURNING id")
    greedy = 'TEST_CASES = [{"input": {"a": 7}}]\n' + (
        "def run(a: int) -> int:\n    return a if a == 7 else len('x' * 10**9)\n"
    )
    report = await tool.test(await tool.version(greedy), "synthetic")
    assert report.passed is False and "ended at a limit" in report.details[0].told[0]


FETCH = """
CHARACTERISTICS = {{"effect_class": "side_effects"}}
TEST_CASES = [
    {{"input": {{"city": "Bonn"}}, "expected_output": {{"warm": True, "seen": 2}},
      "answers": [
        {{"function": "http", "arguments": {{"method": "GET"}}, "value": {{"json": {{"t": 30}}}}}},
      ]}},
    {{"input": {{"city": "Rome"}}, "should_raise": "HttpStatus",
      "answers": [{{"function": "http", "error_type": "http_status", "error": "500"}}]}},
]

def run(ctx, city: str) -> dict[str, bool]:
    t = ctx.http("GET", f"{url}/{{city}}")["json"].get("t", 0)
    ctx.state("set", "seen", (ctx.state("get", "seen") or 0) + 1)
    ctx.state("set", "seen", ctx.state("get", "seen") + 1)
    ctx.http("POST", "{url}/mail", json={{"t": t}})
    ctx.sleep(seconds=3600)
    return {{"warm": t > 20, "seen": ctx.state("get", "seen")}}
"""


@pytest.mark.req("T11")
async def test_calls_get_mock_answers_and_nobody_is_reached(tool: Rig, server: Loopback) -> None:
    fetch = FETCH.format(url=server.url(""))
    await tool.begin(fetch, host_permission(server.port))
    for number, release in list(tool.releases.items()):
        call = CALL.replace("run(**", "run(ctx, **")
        modules = {**release.modules, "call": call}
        tool.releases[number] = release.model_copy(update={"modules": modules})
    report = await tool.test(1, "synthetic")
    assert report.passed, report.details
    assert [case.case for case in report.details][1:3] == ["case 1", "case 2"]
    assert server.received == []


TESTS = """
from aifp_testing import play
from night_light import execute_night_light


def test_it_counts():
    assert play(execute_night_light, input={"n": 2}).result == 4
"""
DOUBLE = 'def execute_night_light(ctx):\n    return 2 * (ctx.input.get("n") or 0)\n'


@pytest.mark.req("T11")
async def test_the_tests_of_the_version_in_force_count_for_the_new_one(code: Rig) -> None:
    first = await code.begin(DOUBLE)
    tested = await code.version(DOUBLE + "# tested\n", TESTS)
    await code.bench.write("UPDATE artifacts SET deployed_version_id = ? RETURNING id", tested)
    spoilt = DOUBLE.replace("2 *", "3 *")
    own = TESTS.replace("== 4", "== 6")
    report = await code.test(await code.version(spoilt, own), "synthetic")
    assert report.passed is False and report.regressions == 1
    assert "of the version in force" in report.details[0].case
    assert (await code.test(first, "synthetic")).passed


@pytest.mark.req("T11")
async def test_code_that_does_not_load_fails_every_case(tool: Rig) -> None:
    await tool.begin(ADD)
    report = await tool.test(await tool.version(ADD + "\nX = 1 / 0\n"), "synthetic")
    assert report.passed is False and report.regressions > 0
    assert "ZeroDivisionError" in told(report, "the code loads")[0]
    assert "ZeroDivisionError" in told(report, "case 1")[0]


@pytest.mark.req("T12")
async def test_a_manual_test_leaves_it_to_the_person(tool: Rig) -> None:
    await tool.begin(ADD)
    report = await tool.test(1, "manual")
    assert report.passed is None and "the person who decides" in report.verdict
