from pydantic import JsonValue

from aifp.schemas.sandbox import HostCall
from tests.server.sandbox.doubles import AnySandbox, Host, Refusal, job


def echo(call: HostCall) -> JsonValue:
    if "fail" in str(call.arguments):
        raise Refusal(f"no {call.arguments['message']}", "timeout")
    return call.arguments["message"]


def messages(host: Host) -> list[list[JsonValue]]:
    return [[call.arguments["message"] for call in batch] for batch in host.batches]


async def test_gathered_calls_leave_as_one_batch_in_plan_order(each: AnySandbox):
    code = """
import asyncio
async def execute(ctx):
    calls = [ctx.aio.log("info", name) for name in "abc"]
    return await asyncio.gather(*calls)
"""
    host = Host(echo)
    end = await each.run(job(code), host)
    assert end.result == ["a", "b", "c"]
    assert messages(host) == [["a", "b", "c"]]


async def test_branches_go_on_together_round_by_round(each: AnySandbox):
    code = """
async def branch(ctx, name, rounds):
    for number in range(rounds):
        await ctx.aio.log("info", f"{name}{number}")
    return name

def execute(ctx):
    return ctx.branches([
        lambda: branch(ctx, "a", 1), lambda: branch(ctx, "b", 3), lambda: branch(ctx, "c", 2),
    ])
"""
    host = Host(echo)
    end = await each.run(job(code), host)
    assert end.result == ["a", "b", "c"], end
    assert messages(host) == [["a0", "b0", "c0"], ["b1", "c1"], ["b2"]]


async def test_task_groups_and_timeouts_of_asyncio_work(each: AnySandbox):
    code = """
import asyncio
async def execute(ctx):
    async with asyncio.TaskGroup() as group:
        first = group.create_task(ctx_log(ctx, "a"))
        second = group.create_task(ctx_log(ctx, "b"))
    third = await asyncio.wait_for(ctx.aio.log("info", "c"), 5)
    return [first.result(), second.result(), third]

async def ctx_log(ctx, text):
    return await ctx.aio.log("info", text)
"""
    host = Host(echo)
    end = await each.run(job(code), host)
    assert end.result == ["a", "b", "c"], end
    assert messages(host) == [["a", "b"], ["c"]]


async def test_all_branches_end_before_their_errors_are_told_with_their_steps(
    each: AnySandbox,
):
    code = """
async def branch(ctx, name):
    await ctx.aio.log("info", name)
    await ctx.aio.log("info", name + "-after")

def execute(ctx):
    ctx.branches([lambda n=n: branch(ctx, n) for n in ("fail-1", "good", "fail-2")])
"""
    host = Host(echo)
    end = await each.run(job(code), host)
    assert messages(host) == [["fail-1", "good", "fail-2"], ["good-after"]]
    assert (end.status, end.failed_steps) == ("error", [1, 3])
    assert end.error == "no fail-1; no fail-2"


async def test_stop_in_one_branch_ends_the_run(each: AnySandbox):
    code = """
async def stopping(ctx):
    ctx.stop("seen enough")

async def failing(ctx):
    await ctx.aio.log("info", "fail")

def execute(ctx):
    ctx.branches([lambda: failing(ctx), lambda: stopping(ctx)])
"""
    end = await each.run(job(code), Host(echo))
    assert (end.status, end.error_type, end.error) == ("ok", "Stop", "seen enough")


async def test_waiting_for_what_never_comes_is_an_error_not_a_hang(each: AnySandbox):
    code = """
import asyncio
async def execute(ctx):
    await asyncio.Event().wait()
"""
    end = await each.run(job(code), Host())
    assert end.error == "the code waits for something that can never come"


async def test_a_gathered_call_that_was_not_granted_does_not_reach_the_host(each: AnySandbox):
    code = """
import asyncio
async def execute(ctx):
    ends = await asyncio.gather(
        ctx.aio.command(["true"]), ctx.aio.log("info", "a"), return_exceptions=True
    )
    return [type(ends[0]).__name__, ends[1]]
"""
    host = Host(echo)
    end = await each.run(job(code, functions=["log"]), host)
    assert end.result == ["NotGranted", "a"], end
    assert messages(host) == [["a"]]
