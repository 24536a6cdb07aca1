import asyncio
from collections.abc import Sequence

import pytest

from aifp.schemas.sandbox import HostAnswer, HostCall
from tests.server.sandbox.doubles import AnySandbox, Host, job

FIT = "def execute(ctx):\n    return 'fit'\n"


async def assert_fit(each: AnySandbox) -> None:
    assert (await each.run(job(FIT))).result == "fit"


@pytest.mark.req("D96", "F16")
async def test_an_endless_loop_ends_at_its_wall_time(each: AnySandbox):
    end = await each.run(job("def execute(ctx):\n    while True: pass\n", wall_ms=200))
    assert (end.status, end.error) == ("timeout", "ran longer than 0.2 s")
    assert end.wall_ms >= 200
    await assert_fit(each)


async def test_an_endless_loop_ends_at_its_processor_time(each: AnySandbox):
    end = await each.run(job("def execute(ctx):\n    while True: pass\n", cpu_ms=200))
    assert (end.status, end.error_type) == ("timeout", "CpuLimit")


async def test_a_loop_in_native_code_of_the_guest_ends_too(each: AnySandbox):
    code = "import re\ndef execute(ctx):\n    re.match(r'(a+)+$', 'a' * 40 + 'b')\n"
    end = await each.run(job(code, wall_ms=200))
    assert end.status == "timeout"


async def test_code_that_catches_everything_cannot_catch_its_end(each: AnySandbox):
    code = """
def execute(ctx):
    while True:
        try:
            while True:
                print("x" * 1000)
        except BaseException:
            pass
"""
    end = await each.run(job(code, wall_ms=300))
    assert end.status == "timeout"


async def test_time_spent_in_the_host_is_not_counted(each: AnySandbox):
    class Slow(Host):
        async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
            await asyncio.sleep(0.5)  # longer than the limit: what is shown is that this is fine
            return await super().call(calls)

    end = await each.run(job("def execute(ctx):\n    ctx.log('i', 'x')\n", wall_ms=300), Slow())
    assert end.status == "ok" and end.wall_ms < 300


@pytest.mark.req("F19")
async def test_a_memory_bomb_ends_at_its_limit(each: AnySandbox):
    code = "def execute(ctx):\n    kept = []\n    while True: kept.append(bytes(1 << 20))\n"
    end = await each.run(job(code, memory_mb=100))
    assert (end.status, end.error_type) == ("memory", "MemoryError")
    assert end.memory_peak_mb is None or end.memory_peak_mb < 250
    await assert_fit(each)


@pytest.mark.req("F19")
async def test_one_huge_allocation_ends_at_its_limit(each: AnySandbox):
    end = await each.run(job("def execute(ctx):\n    return len('x' * (1 << 30))\n"))
    assert end.status == "memory"


async def test_memory_used_by_one_run_is_given_back(each: AnySandbox):
    big = "def execute(ctx):\n    return len(b'x' * (150 << 20))\n"
    first = await each.run(job(big, memory_mb=300))
    second = await each.run(job(FIT))
    assert first.result == 150 << 20
    if first.memory_peak_mb is not None and second.memory_peak_mb is not None:
        assert second.memory_peak_mb < first.memory_peak_mb - 100


async def test_deep_recursion_is_an_error_with_a_short_traceback(each: AnySandbox):
    end = await each.run(job("def execute(ctx):\n    return execute(ctx)\n"))
    assert end.error_type == "RecursionError"
    assert end.traceback is not None and len(end.traceback) < 3000


async def test_recursion_past_every_limit_ends_the_instance_only(each: AnySandbox):
    code = """
import sys
def execute(ctx):
    sys.setrecursionlimit(10**8)
    return execute(ctx)
"""
    end = await each.run(job(code))
    assert end.status in {"crashed", "error", "memory"}
    await assert_fit(each)


@pytest.mark.req("F18")
async def test_endless_output_is_cut_at_its_limit(each: AnySandbox):
    code = "def execute(ctx):\n    while True: print('é' * 5000)\n"
    end = await each.run(job(code, output_bytes=1_048_576))
    assert (end.status, end.error_type) == ("output", "OutputLimit")
    assert end.truncated and 1_048_000 < len(end.stdout.encode()) <= 1_048_576


async def test_a_result_over_its_limit_is_not_taken(each: AnySandbox):
    end = await each.run(job("def execute(ctx):\n    return 'x' * 5000\n", result_bytes=4000))
    assert (end.status, end.error_type) == ("output", "ResultLimit")


async def test_too_many_host_calls_end_the_run(each: AnySandbox):
    code = """
def execute(ctx):
    while True:
        try:
            ctx.log("info", "x")
        except BaseException:
            pass
"""
    host = Host()
    end = await each.run(job(code, host_calls=20), host)
    assert (end.status, end.error_type) == ("error", "LimitExceeded")
    assert len(host.batches) == 20
    await assert_fit(each)


async def test_what_the_code_prints_comes_back(each: AnySandbox):
    end = await each.run(job("def execute(ctx):\n    print('one', 2)\n"))
    assert (end.stdout, end.truncated) == ("one 2\n", False)
