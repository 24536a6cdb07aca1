import asyncio
import os
import random
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from aifp.schemas.sandbox import HostAnswer, HostCall
from aifp.server.sandbox import outcomes
from aifp.server.sandbox.wasm import WasmSandbox, open_sandbox
from tests.server.sandbox.doubles import Host, job

FIT = "def execute(ctx):\n    return 'fit'\n"
CALLING = "def execute(ctx):\n    ctx.log('info', 'x')\n    return 'went on'\n"
LOOP = "def execute(ctx):\n    while True: pass\n"


class Parked(Exception):
    pass


class Parking:
    async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
        raise Parked


async def pid(sandbox: WasmSandbox) -> int:
    async with sandbox._pool.worker() as worker:  # pyright: ignore[reportPrivateUsage]
        return worker.pid


async def test_an_exception_of_the_host_drops_the_run_and_passes_on(sandbox: WasmSandbox):
    before = await pid(sandbox)
    with pytest.raises(Parked):
        await sandbox.run(job(CALLING), Parking())
    assert (await sandbox.run(job(FIT))).result == "fit"
    assert await pid(sandbox) == before


@pytest.mark.req("D112")
async def test_parked_runs_hold_no_worker(sandbox: WasmSandbox):
    ends = await asyncio.gather(
        *(sandbox.run(job(CALLING), Parking()) for _ in range(50)), return_exceptions=True
    )
    assert all(isinstance(end, Parked) for end in ends)
    assert (await sandbox.run(job(FIT))).result == "fit"


async def test_code_cannot_catch_being_dropped(sandbox: WasmSandbox):
    code = """
def execute(ctx):
    while True:
        try:
            ctx.log("info", "x")
        except BaseException:
            pass
"""
    with pytest.raises(Parked):
        await sandbox.run(job(code), Parking())
    assert (await sandbox.run(job(FIT))).result == "fit"


async def test_a_worker_that_dies_is_replaced_and_the_run_says_so(sandbox: WasmSandbox):
    first = await pid(sandbox)

    class Killing(Host):
        async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
            os.kill(first, signal.SIGKILL)
            return await super().call(calls)

    end = await sandbox.run(job(CALLING), Killing())
    assert (end.status, end.error) == ("crashed", "the worker is gone")
    assert (await sandbox.run(job(FIT))).result == "fit"
    assert await pid(sandbox) != first


async def test_a_worker_that_died_while_idle_is_replaced_before_the_next_run(
    sandbox: WasmSandbox,
):
    first = await pid(sandbox)
    os.kill(first, signal.SIGKILL)
    end = await sandbox.run(job(FIT))
    assert end.result == "fit" or end.status == "crashed"
    assert (await sandbox.run(job(FIT))).result == "fit"


@pytest.mark.req("F16")
async def test_a_worker_that_hangs_is_killed(sandbox: WasmSandbox, monkeypatch: pytest.MonkeyPatch):
    first = await pid(sandbox)
    monkeypatch.setattr("aifp.server.sandbox.drive.GRACE_SECONDS", 0.1)

    class Freezing(Host):
        async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
            os.kill(first, signal.SIGSTOP)
            return await super().call(calls)

    end = await sandbox.run(job(CALLING, wall_ms=100), Freezing())
    assert (end.status, end.error) == ("timeout", "killed after 0.1 s")
    assert (await sandbox.run(job(FIT))).result == "fit"
    assert await pid(sandbox) != first


async def test_a_cancelled_run_is_killed_and_leaves_its_place_to_others(sandbox: WasmSandbox):
    calling = asyncio.Event()

    class Waiting(Host):
        async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
            calling.set()
            return await super().call(calls)

    looping = "def execute(ctx):\n    ctx.log('info', 'x')\n    while True: pass\n"
    async with asyncio.TaskGroup() as group:
        run = group.create_task(sandbox.run(job(looping), Waiting()))
        await calling.wait()
        run.cancel()
    assert run.cancelled()
    assert (await sandbox.run(job(FIT))).result == "fit"


async def test_a_run_cancelled_inside_a_host_call_keeps_the_worker(sandbox: WasmSandbox):
    before = await pid(sandbox)
    calling = asyncio.Event()

    class Waiting(Host):
        async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
            calling.set()
            await asyncio.Event().wait()
            return []

    async with asyncio.TaskGroup() as group:
        run = group.create_task(sandbox.run(job(CALLING), Waiting()))
        await calling.wait()
        run.cancel()
    assert await pid(sandbox) == before
    assert (await sandbox.run(job(FIT))).result == "fit"


async def test_many_runs_share_few_workers(runner_cache: Path):
    code = "def execute(ctx):\n    return ctx.log('info', ctx.input['n'])\n"
    async with open_sandbox(workers=2, cache=runner_cache) as sandbox:
        host = Host(lambda call: call.arguments["message"])
        ends = await asyncio.gather(
            *(sandbox.run(job(code, inputs={"input": {"n": str(n)}}), host) for n in range(40))
        )
    assert [end.result for end in ends] == [str(n) for n in range(40)]


async def test_closing_leaves_no_process_behind(runner_cache: Path):
    async with open_sandbox(workers=2, cache=runner_cache) as sandbox:
        worker = await pid(sandbox)
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


async def test_a_guest_that_forges_its_outcome_is_cut_to_its_limits(sandbox: WasmSandbox):
    code = """
import json
def execute(ctx):
    json.dumps = lambda *a, **k: '{"status": "ok", "stdout": "' + "x" * 3_000_000 + '"}'
"""
    end = await sandbox.run(job(code, output_bytes=1000))
    assert end.status == "crashed" or len(end.stdout) <= 1000


async def test_a_guest_that_answers_nonsense_crashes_alone(sandbox: WasmSandbox):
    code = "import json\ndef execute(ctx):\n    json.dumps = lambda *a, **k: '['* 100_000\n"
    end = await sandbox.run(job(code))
    assert end == outcomes.crashed("the runner gave no outcome").model_copy(
        update=end.model_dump(include={"wall_ms", "cpu_ms", "memory_peak_mb", "backend"})
    )
    assert (await sandbox.run(job(FIT))).result == "fit"


@pytest.mark.req("F16")
async def test_slow_host_calls_of_some_hold_up_no_other(sandbox: WasmSandbox):
    """The sandbox has one worker; five runs wait in it at once, and a sixth still runs."""
    waiting, answer = asyncio.Semaphore(0), asyncio.Event()

    class Slow(Host):
        async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
            waiting.release()
            await answer.wait()
            return await super().call(calls)

    async with asyncio.TaskGroup() as group:
        slow = [group.create_task(sandbox.run(job(CALLING), Slow())) for _ in range(5)]
        for _ in slow:
            await waiting.acquire()
        assert (await sandbox.run(job(FIT))).result == "fit"
        answer.set()
    assert [run.result().result for run in slow] == ["went on"] * 5


async def test_no_more_processes_than_allowed_wait_at_once(runner_cache: Path):
    at_once, most = 0, 0

    class Counting(Host):
        async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            answers = await super().call(calls)
            at_once -= 1
            return answers

    async with open_sandbox(workers=1, cache=runner_cache, most=3) as sandbox:
        ends = await asyncio.gather(*(sandbox.run(job(CALLING), Counting()) for _ in range(12)))
    assert all(end.result == "went on" for end in ends)
    assert most <= 3


@pytest.mark.req("X12")
async def test_a_test_that_sends_garbage_ends_alone(sandbox: WasmSandbox):
    code = "def execute(ctx):\n    pass\n"
    tests = "import wit_world\ndef test_it():\n    wit_world.host_call('garbage')\n"
    one = job(code)
    update = {"mode": "tests", "modules": {**one.modules, "my_tests": tests}, "tests": "my_tests"}
    end = await sandbox.run(one.model_copy(update=update))
    assert end.status == "crashed"
    assert (await sandbox.run(job(FIT))).result == "fit"


@pytest.mark.req("D96")
async def test_cancelling_and_killing_at_random_loses_no_worker(runner_cache: Path):
    chance = random.Random(7)
    looping = "def execute(ctx):\n    ctx.log('info', 'x')\n    while True: pass\n"
    codes = [FIT, CALLING, looping, "def execute(ctx):\n    return 1 / 0\n"]

    async def one(sandbox: WasmSandbox) -> None:
        host = chance.choice([Host(), Parking()])
        try:
            async with asyncio.timeout(chance.choice([0.01, 0.05, 5.0])):
                await sandbox.run(job(chance.choice(codes), wall_ms=100), host)
        except (TimeoutError, Parked):
            pass

    async with open_sandbox(workers=2, cache=runner_cache, most=4) as sandbox:
        async with asyncio.TaskGroup() as group:
            for _ in range(60):
                group.create_task(one(sandbox))
        ends = await asyncio.gather(*(sandbox.run(job(CALLING), Host()) for _ in range(6)))
        assert [end.result for end in ends] == ["went on"] * 6
        pool = sandbox._pool  # pyright: ignore[reportPrivateUsage]
        assert len(pool._idle) == len(pool._places) == 2  # pyright: ignore[reportPrivateUsage]


DYING_DAEMON = """
import asyncio, os, sys
from pathlib import Path
from aifp.server.sandbox.wasm import open_sandbox

async def main():
    async with open_sandbox(workers=1, cache=Path(sys.argv[1])) as sandbox:
        async with sandbox._pool.worker() as worker:
            print(worker.pid, flush=True)
            os._exit(1)

asyncio.run(main())
"""


async def test_workers_end_when_the_daemon_dies(runner_cache: Path):
    daemon = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DYING_DAEMON, str(runner_cache), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await daemon.communicate()
    async with asyncio.timeout(20):
        while is_running(int(out)):  # noqa: ASYNC110 - a foreign process sets no event
            await asyncio.sleep(0.01)


def is_running(worker: int) -> bool:
    """A dead child that nobody has collected yet does not count."""
    try:
        state = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
