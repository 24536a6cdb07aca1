import pytest

from aifp.schemas.sandbox import Job
from tests.server.sandbox.doubles import AnySandbox, Host, job


def loading(code: str) -> Job:
    return job(code).model_copy(update={"mode": "load"})


def checking(code: str, tests: str) -> Job:
    one = job(code)
    modules = {**one.modules, "porch_light_tests": tests}
    update = {"mode": "tests", "modules": modules, "tests": "porch_light_tests"}
    return one.model_copy(update=update)


LIGHT = """
import time
def execute(ctx):
    light = ctx.http("GET", "https://light.example", pick="json.on")
    if light:
        ctx.stop("already on")
    ctx.sleep(60)
    ctx.notify("phone", f"on since {int(time.time())}")
    return {"switched": ctx.input["room"]}
"""


async def test_loading_never_calls_the_entry_point(each: AnySandbox):
    end = await each.run(loading("def execute(ctx):\n    raise SystemError('called')\n"))
    assert (end.status, end.result) == ("ok", {"entry": "execute", "parameters": ["ctx"]})


@pytest.mark.req("X12")
async def test_a_module_that_reaches_out_while_loading_only_fails(each: AnySandbox):
    end = await each.run(loading("open('/tmp/marker', 'w')\ndef execute(ctx):\n    pass\n"))
    assert end.status == "error"
    assert end.error_type in {"FileNotFoundError", "PermissionError"}


async def test_loading_names_a_missing_entry_point(each: AnySandbox):
    end = await each.run(loading("execute = 3\n"))
    assert end.error == "porch_light has no function execute"


async def test_tests_play_the_code_against_recorded_answers(each: AnySandbox):
    tests = """
import aifp_testing
from aifp_testing import play
from porch_light import execute

def test_the_light_is_switched():
    played = play(execute, answers=[False], input={"room": "porch"}, now="2026-01-01T00:00:00Z")
    assert played.result == {"switched": "porch"}
    assert played.to("notify") == [{"channel": "phone", "message": "on since 1767225660"}]
    assert [call.function for call in played.calls] == ["http", "sleep", "notify"]

def test_a_burning_light_stops_the_run():
    assert play(execute, answers={"http": True}).stopped == "already on"

def test_it_gives_up_when_the_light_is_away():
    from aifp_guest import HostError
    played = play(execute, answers=[HostError("timeout", "away")], fails=True)
    assert played.error.error_type == "timeout"

async def test_may_be_async():
    assert play(execute, answers=lambda_list(), input={"room": 1}).result == {"switched": 1}

def lambda_list():
    return [lambda arguments: arguments["method"] != "GET"]
"""
    end = await each.run(checking(LIGHT, tests))
    assert end.status == "ok", end
    assert end.result == [
        {"name": name, "passed": True, "error": None}
        for name in (
            "test_the_light_is_switched",
            "test_a_burning_light_stops_the_run",
            "test_it_gives_up_when_the_light_is_away",
            "test_may_be_async",
        )
    ]


async def test_a_failing_test_tells_its_line_and_the_others_still_run(each: AnySandbox):
    tests = """
from aifp_testing import play
from porch_light import execute

def test_one():
    assert play(execute, answers=[False], input={"room": 1}).result == 5, "wrong room"

def test_two():
    play(execute)

def test_three():
    pass
"""
    end = await each.run(checking(LIGHT, tests))
    assert isinstance(end.result, list)
    first, second, third = end.result
    assert isinstance(first, dict) and isinstance(second, dict) and isinstance(third, dict)
    assert "porch_light_tests.py line 6 in test_one" in str(first["error"])
    assert "AssertionError: wrong room" in str(first["error"])
    assert "porch_light.py line 4 in execute: light = ctx.http(" in str(second["error"])
    assert 'no answer for http {"method": "GET"' in str(second["error"])
    assert third["passed"] is True


async def test_tests_reach_no_host(each: AnySandbox):
    tests = """
import porch_light
from aifp_guest import Ctx
def test_direct():
    porch_light.execute(Ctx({}))
"""
    host = Host()
    end = await each.run(checking(LIGHT, tests), host)
    assert "NotGranted: http was not granted to this code" in str(end.result)
    assert host.batches == []


async def test_branches_are_seen_as_batches_in_tests(each: AnySandbox):
    code = """
def execute(ctx):
    return ctx.branches([lambda: ctx_get(ctx, 1), lambda: ctx_get(ctx, 2)])

async def ctx_get(ctx, n):
    return await ctx.aio.http("GET", f"https://a.example/{n}")
"""
    tests = """
from aifp_testing import play
from porch_light import execute

def test_batches():
    played = play(execute, answers=["one", "two"])
    assert played.result == ["one", "two"]
    assert [len(batch) for batch in played.batches] == [2]
"""
    end = await each.run(checking(code, tests))
    assert end.result == [{"name": "test_batches", "passed": True, "error": None}], end
