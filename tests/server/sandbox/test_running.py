import pytest

from aifp.schemas.sandbox import HostCall
from aifp.server.sandbox.guest.preload import ALLOWED
from tests.server.sandbox.doubles import AnySandbox, Host, Refusal, job


def refuse(text: str, kind: str) -> Host:
    def answer(call: HostCall) -> None:
        raise Refusal(text, kind)

    return Host(answer)


@pytest.mark.req("D96")
async def test_code_gets_its_inputs_and_its_json_result_comes_back(each: AnySandbox):
    code = "def execute(ctx):\n    return {'twice': ctx.input['n'] * 2, 'id': ctx.run['id']}\n"
    end = await each.run(job(code, inputs={"input": {"n": 21}, "run": {"id": 7}}))
    assert (end.status, end.result) == ("ok", {"twice": 42, "id": 7})
    assert end.backend in {"wasm", "process"} and end.cpu_ms > 0


@pytest.mark.req("D105")
async def test_a_host_call_carries_only_the_arguments_that_are_not_their_default(
    each: AnySandbox,
):
    host = Host(lambda call: {"status": 200})
    code = """
def execute(ctx):
    ctx.http("GET", "https://a.example/x", expect=("2xx",), follow=0, json=None)
    return ctx.http("POST", "https://a.example/x", json={"on": True}, pick="json.id", follow=2)
"""
    end = await each.run(job(code), host)
    assert end.result == {"status": 200}
    assert [batch[0].arguments for batch in host.batches] == [
        {"method": "GET", "url": "https://a.example/x"},
        {
            "method": "POST",
            "url": "https://a.example/x",
            "json": {"on": True},
            "pick": "json.id",
            "follow": 2,
        },
    ]


@pytest.mark.req("D106", "D108", "D110", "D112", "D113")
async def test_every_call_has_the_name_and_arguments_of_the_contract(each: AnySandbox):
    host = Host()
    code = """
def execute(ctx):
    ctx.notify("phone", "hi", title="Door", level="high")
    ctx.file("write", "out/a.txt", "text")
    ctx.state("set", "n", 0)
    ctx.sleep(5)
    ctx.sleep(until="18:00")
    ctx.log("info", "done")
    ctx.test("state('a.b') is 'on'", {"vars": {"x": 1}})
"""
    end = await each.run(job(code), host)
    assert end.status == "ok", end
    assert [(batch[0].function, batch[0].arguments) for batch in host.batches] == [
        ("notify", {"channel": "phone", "message": "hi", "title": "Door", "level": "high"}),
        ("file", {"op": "write", "path": "out/a.txt", "data": "text"}),
        ("state", {"op": "set", "key": "n", "value": 0}),
        ("sleep", {"seconds": 5}),
        ("sleep", {"until": "18:00"}),
        ("log", {"level": "info", "message": "done"}),
        ("state", {"op": "test", "key": "state('a.b') is 'on'", "value": {"vars": {"x": 1}}}),
    ]


async def test_an_unknown_argument_of_http_is_a_type_error(each: AnySandbox):
    code = "def execute(ctx):\n    ctx.http('GET', 'https://a.example', verify=False)\n"
    end = await each.run(job(code), Host())
    assert (end.error_type, end.error) == ("TypeError", "ctx.http has no argument named verify")


@pytest.mark.parametrize(
    ("kind", "caught"),
    [
        ("not_granted", "NotGranted"),
        ("HttpStatus", "HttpStatus"),
        ("limit_exceeded", "LimitExceeded"),
        ("timeout", "HostError"),
    ],
)
async def test_an_error_answer_is_raised_as_the_exception_of_its_kind(
    each: AnySandbox, kind: str, caught: str
):
    code = """
from aifp_guest import HostError
def execute(ctx):
    try:
        ctx.http("GET", "https://a.example")
    except HostError as error:
        return [type(error).__name__, str(error), error.step]
"""
    end = await each.run(job(code), refuse("no", kind))
    assert end.result == [caught, "no", 1]


async def test_an_uncaught_host_error_names_its_step_and_the_users_line(each: AnySandbox):
    code = """
def effect_call(ctx):
    return ctx.http("GET", "https://a.example")

def execute(ctx):
    ctx.log("info", "first")
    effect_call(ctx)
"""

    def answer(call: HostCall) -> None:
        if call.function == "http":
            raise Refusal("no route", "connect")

    end = await each.run(job(code), Host(answer))
    assert (end.status, end.error_type, end.error) == ("error", "connect", "no route")
    assert end.failed_steps == [2]
    assert end.traceback == (
        "porch_light.py line 7 in execute: effect_call(ctx)\n"
        'porch_light.py line 3 in effect_call: return ctx.http("GET", "https://a.example")\n'
        "connect: no route"
    )


async def test_an_error_raised_because_of_a_failed_step_names_that_step(each: AnySandbox):
    code = """
def execute(ctx):
    try:
        ctx.http("GET", "https://a.example")
    except Exception as error:
        raise ValueError("no data") from error
"""
    end = await each.run(job(code), refuse("no", "timeout"))
    assert (end.error_type, end.failed_steps) == ("ValueError", [1])


@pytest.mark.parametrize(("error", "status"), [("False", "ok"), ("True", "error")])
async def test_stop_ends_the_run_and_no_except_clause_swallows_it(
    each: AnySandbox, error: str, status: str
):
    code = f"""
def execute(ctx):
    try:
        ctx.stop("enough", error={error})
    except Exception:
        return "swallowed"
"""
    end = await each.run(job(code))
    assert (end.status, end.error_type, end.error) == (status, "Stop", "enough")


async def test_a_syntax_error_tells_file_and_line(each: AnySandbox):
    end = await each.run(job("def execute(ctx):\n    retrun 1\n"))
    assert (end.status, end.error) == ("error", "porch_light.py line 2: invalid syntax")


async def test_a_result_that_is_not_json_is_an_error(each: AnySandbox):
    end = await each.run(job("def execute(ctx):\n    return {1, 2}\n"))
    assert (end.status, end.error_type) == ("error", "TypeError")


async def test_a_module_of_the_job_can_import_another_one(each: AnySandbox):
    one = job("from tools.light import name\ndef execute(ctx):\n    return name()\n")
    both = {**one.modules, "tools.light": "def name() -> str:\n    return 'porch'\n"}
    end = await each.run(one.model_copy(update={"modules": both}))
    assert end.result == "porch", end


async def test_a_job_module_cannot_replace_a_module_of_python(each: AnySandbox):
    one = job("import json\ndef execute(ctx):\n    return 1\n")
    end = await each.run(one.model_copy(update={"modules": {**one.modules, "json": ""}}))
    assert end.error == "json is a module of Python; choose another name"


async def test_every_allowed_module_can_be_imported(each: AnySandbox):
    names = ["aifp_guest", *ALLOWED]
    imports = "".join(f"import {name}\n" for name in names)
    end = await each.run(job(f"{imports}def execute(ctx):\n    return 'all'\n"))
    assert end.result == "all", end


async def test_time_zones_are_there_without_files(each: AnySandbox):
    code = """
from datetime import datetime
from zoneinfo import ZoneInfo
def execute(ctx):
    return datetime.now(ZoneInfo("Europe/Berlin")).isoformat()
"""
    end = await each.run(job(code))
    assert end.result == "2026-11-21T04:00:00+01:00"


async def test_runs_leave_nothing_behind_for_the_next_run(each: AnySandbox):
    first = "import json\ndef execute(ctx):\n    json.kept = 1\n"
    second = "import json\ndef execute(ctx):\n    return hasattr(json, 'kept')\n"
    await each.run(job(first))
    end = await each.run(job(second))
    assert end.result is False


@pytest.mark.parametrize(
    ("line", "error_type"),
    [
        (r"return '\ud800'", "UnicodeEncodeError"),
        (r"ctx.log('info', '\ud800')", "UnicodeEncodeError"),
        (r"raise ValueError('\ud800')", "ValueError"),
        ("ctx.log('info', {1, 2})", "TypeError"),
        ("ctx.http('POST', 'https://a.example', json=float('inf'))", "ValueError"),
        ("raise ValueError('x' * 10_000_000)", "ValueError"),
    ],
)
async def test_what_is_no_json_is_an_error_of_the_code(
    each: AnySandbox, line: str, error_type: str
):
    host = Host()
    end = await each.run(job(f"def execute(ctx):\n    {line}\n"), host)
    assert (end.status, end.error_type) == ("error", error_type), end
    assert end.error is not None and len(end.error) < 2100
    assert host.batches == []


async def test_an_error_that_cannot_say_what_it_is_is_still_told(each: AnySandbox):
    code = """
class Mute(Exception):
    def __str__(self):
        raise SystemExit

def execute(ctx):
    raise Mute
"""
    end = await each.run(job(code))
    assert (end.error_type, end.error) == ("Mute", "(its text cannot be read)")


async def test_half_a_character_may_be_printed(each: AnySandbox):
    end = await each.run(job(r"def execute(ctx): print('a\ud800é')"))
    assert (end.status, end.stdout) == ("ok", "a?é\n")
