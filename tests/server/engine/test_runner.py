"""The runner: who is driven when, and how runs are ended from outside."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from aifp.schemas.errors import Unavailable
from aifp.server.engine.driving.driver import Driven, Driver
from aifp.server.engine.driving.recovery import recover
from aifp.server.engine.driving.runner import AsyncRunner
from aifp.server.engine.switch import set_stop
from tests.clock import settle
from tests.server.engine.loopback import Loopback, Reply
from tests.server.engine.workbench import (
    Abandoned,
    Abandoning,
    Workbench,
    clock_of,
    host_permission,
)

QUICK = "def execute_night_light(ctx):\n    return 1\n"


class Slow(Driver):
    """Notes the order in which runs are driven, and holds each until it is let go."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench.kit, bench.admit, bench.stored)
        self.begun: list[int] = []
        self.gates: dict[int, asyncio.Event] = {}

    async def drive(self, run_id: int) -> Driven:
        self.begun.append(run_id)
        gate = self.gates.setdefault(run_id, asyncio.Event())
        await gate.wait()
        return Driven(run_id, "success")

    def let_go(self, run_id: int) -> None:
        self.gates.setdefault(run_id, asyncio.Event()).set()


@asynccontextmanager
async def running(
    bench: Workbench, driver: Driver, concurrency: int = 2
) -> AsyncGenerator[tuple[AsyncRunner, list[int]]]:
    ended: list[int] = []
    runner = AsyncRunner(bench.ctx, driver, concurrency, ended.append)
    async with asyncio.TaskGroup() as group:
        group.create_task(runner.run())
        await asyncio.sleep(0)
        try:
            yield runner, ended
        finally:
            await runner.close(grace_s=0.1)


async def test_the_most_urgent_runs_go_first_up_to_the_limit(bench: Workbench) -> None:
    driver = Slow(bench)
    async with running(bench, driver) as (runner, ended):
        for run_id, priority in ((1, 0), (2, 50), (3, 50), (4, 90)):
            runner.submit(run_id, priority, "")
        await settle()
        assert driver.begun == [4, 2]
        driver.let_go(2)
        await settle()
        assert driver.begun == [4, 2, 3]
        assert ended == [2]
        assert runner.running() == 2


async def test_runs_with_one_lock_go_one_after_the_other(bench: Workbench) -> None:
    driver = Slow(bench)
    async with running(bench, driver, concurrency=9) as (runner, _):
        for run_id, lock in ((1, "a"), (2, "a"), (3, "b"), (4, ""), (5, "")):
            runner.submit(run_id, 0, lock)
            runner.submit(run_id, 0, lock)
        await settle()
        assert driver.begun == [1, 3, 4, 5]
        driver.let_go(1)
        await settle()
        assert driver.begun == [1, 3, 4, 5, 2]


@pytest.mark.req("D112")
async def test_a_waiting_run_keeps_its_lock_and_frees_its_place(bench: Workbench) -> None:
    code = "def execute_night_light(ctx):\n    ctx.sleep(seconds=60)\n"
    release = await bench.directive(code)
    first, second = await bench.run(release), await bench.run(release, "due-2")
    quick = await bench.directive(QUICK.replace("night_light", "b"), name="b")
    other = await bench.run(quick, "due-3")
    async with running(bench, bench.driver(), concurrency=1) as (runner, ended):
        runner.submit(first, 0, "line")
        runner.submit(second, 0, "line")
        await runner.wait_for(first)
        runner.submit(other, 0, "")
        await runner.wait_for(other)
        assert ended == [other]
        assert (await bench.row(second))["status"] == "queued"
        await clock_of(bench).advance(61)
        await bench.until(lambda: first in ended)
        await bench.until(lambda: runner.running() == 0)
        assert (await bench.row(second))["wake_at"] is not None
        await clock_of(bench).advance(61)
        await bench.until(lambda: second in ended)
    assert (await bench.row(first))["status"] == "success"


async def test_a_drive_that_breaks_ends_only_its_own_run(bench: Workbench) -> None:
    class Breaking(Slow):
        async def drive(self, run_id: int) -> Driven:
            if run_id == broken:
                raise RuntimeError("a bug of ours")
            return await super().drive(run_id)

    release = await bench.directive(QUICK)
    broken, whole = await bench.run(release), await bench.run(release, "due-2")
    driver = Breaking(bench)
    async with running(bench, driver) as (runner, ended):
        runner.submit(broken, 0, "")
        runner.submit(whole, 0, "")
        await bench.until(lambda: broken in ended)
        assert driver.begun == [whole]
    row = await bench.row(broken)
    assert (row["status"], row["reason"], row["error_type"]) == (
        "failure",
        "internal",
        "RuntimeError",
    )


@pytest.mark.req("D95")
async def test_cancelling_lets_an_effect_finish_and_begins_nothing_new(
    bench: Workbench, server: Loopback
) -> None:
    server.script("/one", Reply(delay_s=0.3))
    code = f"""
def execute_night_light(ctx):
    ctx.http("POST", "{server.url("/one")}")
    ctx.http("POST", "{server.url("/two")}")
"""
    run_id = await bench.run(await bench.directive(code, host_permission(server.port)))
    async with running(bench, bench.driver()) as (runner, ended):
        runner.submit(run_id, 0, "")
        await bench.until(lambda: bool(server.received))
        assert await runner.cancel(run_id, "a person said so")
        assert ended == [run_id]
    assert [r.path for r in server.received] == ["/one"]
    assert [s["status"] for s in await bench.steps(run_id)] == ["ok"]
    row = await bench.row(run_id)
    assert (row["status"], row["reason"]) == ("cancelled", "a person said so")
    (attempt,) = await bench.look("SELECT status FROM run_attempts")
    assert attempt["status"] == "cancelled"


@pytest.mark.req("D95", "X15")
async def test_cancelling_kills_what_does_not_end_by_itself(
    bench: Workbench, server: Loopback
) -> None:
    server.script("/never", Reply(delay_s=5))
    call = f"ctx.http('POST', '{server.url('/never')}')"
    loops = await bench.directive("def execute_night_light(ctx):\n    while True: pass\n")
    hangs = await bench.directive(
        f"def execute_b(ctx):\n    {call}\n", host_permission(server.port), name="b"
    )
    first, second = await bench.run(loops), await bench.run(hangs, "due-2")
    async with running(bench, bench.driver()) as (runner, ended):
        runner.submit(first, 0, "")
        await bench.until_status(first, "running")
        assert await runner.cancel(first, "stop")
        runner.submit(second, 0, "")
        await bench.until(lambda: bool(server.received))
        cancelling = asyncio.ensure_future(runner.cancel(second, "stop", grace_s=1.0))
        await settle()
        await clock_of(bench).advance(1.1)
        assert await cancelling
        assert ended == [first, second]
        assert not await runner.cancel(second, "again")
    assert (await bench.row(second))["status"] == "cancelled"
    (directive,) = await bench.look("SELECT max(load_crashes) AS crashes FROM user_directives")
    assert directive["crashes"] == 0


async def test_a_run_that_nobody_drives_is_cancelled_in_its_row(bench: Workbench) -> None:
    run_id = await bench.run(await bench.directive(QUICK))
    async with running(bench, bench.driver()) as (runner, ended):
        assert await runner.cancel(run_id, "not wanted")
        assert ended == [run_id]
    assert (await bench.row(run_id))["status"] == "cancelled"


@pytest.mark.req("D95")
async def test_closing_leaves_runs_that_the_next_start_resumes(
    bench: Workbench, server: Loopback
) -> None:
    code = f"""
def execute_night_light(ctx):
    ctx.http("POST", "{server.url("/one")}")
    while ctx.http("GET", "{server.url("/more")}", pick="more"):
        pass
"""
    server.script("/more", Reply(body=b'{"more": true}'))
    run_id = await bench.run(await bench.directive(code, host_permission(server.port)))
    async with running(bench, bench.driver()) as (runner, ended):
        runner.submit(run_id, 0, "")
        await bench.until(lambda: len(server.received) > 3)
    assert ended == []
    with pytest.raises(Unavailable):
        runner.submit(run_id, 0, "")
    assert (await bench.row(run_id))["status"] == "running"
    server.script("/more", Reply(body=b'{"more": false}'))
    async with running(bench, bench.driver()) as (runner, ended):
        assert await recover(bench.ctx, runner) == 1
        await bench.until(lambda: ended == [run_id])
    assert (await bench.row(run_id))["status"] == "success"
    assert len(server.calls(path="/one")) == 1


@pytest.mark.req("D112", "D95")
async def test_recovery_lets_a_waiting_run_wake_on_time(bench: Workbench) -> None:
    code = "def execute_night_light(ctx):\n    ctx.sleep(seconds=600)\n"
    run_id = await bench.run(await bench.directive(code))
    await bench.driver().drive(run_id)
    async with running(bench, bench.driver()) as (runner, ended):
        assert await recover(bench.ctx, runner) == 1
        await clock_of(bench).advance(599)
        assert ended == []
        await clock_of(bench).advance(2)
        await bench.until(lambda: ended == [run_id])


@pytest.mark.req("D102", "X15")
async def test_a_run_cut_off_while_everything_is_stopped_does_not_go_on(bench: Workbench) -> None:
    code = "def execute_night_light(ctx):\n    ctx.sleep(seconds=600)\n"
    run_id = await bench.run(await bench.directive(code))
    await bench.driver().drive(run_id)
    await set_stop(bench.ctx, "danger")
    async with running(bench, bench.driver()) as (runner, ended):
        assert await recover(bench.ctx, runner) == 1
        await clock_of(bench).advance(601)
        assert ended == []
    row = await bench.row(run_id)
    assert (row["status"], row["reason"]) == ("cancelled", "stopped")


@pytest.mark.req("F22")
async def test_a_directive_that_kills_the_engine_is_stopped_after_three_times(
    bench: Workbench,
) -> None:
    release = await bench.directive(QUICK)
    other = await bench.directive(QUICK.replace("night_light", "other"), name="other")
    poisoned, innocent = await bench.run(release), await bench.run(other, "due-2")
    for _ in range(3):
        await bench.crash_inside(poisoned)
    async with running(bench, bench.driver()) as (runner, ended):
        assert await recover(bench.ctx, runner) == 1
        runner.submit(innocent, 0, "")
        await bench.until(lambda: len(ended) == 2)
    row = await bench.row(poisoned)
    assert (row["status"], row["reason"]) == ("interrupted", "crash_loop")
    assert (await bench.row(innocent))["status"] == "success"
    directives = await bench.look("SELECT name, status, load_crashes FROM user_directives")
    assert [(d["name"], d["status"]) for d in directives] == [
        ("night_light", "error"),
        ("other", "active"),
    ]
    assert await bench.look("SELECT code FROM alerts") == [{"code": "crash_loop"}]
    (event,) = await bench.look("SELECT from_status, to_status, reason FROM events")
    assert event == {"from_status": "active", "to_status": "error", "reason": "crash_loop"}


@pytest.mark.req("F22")
async def test_coming_back_clears_the_count_of_crashes(bench: Workbench) -> None:
    release = await bench.directive(QUICK)
    run_id = await bench.run(release)
    for _ in range(2):
        await bench.crash_inside(run_id)
    assert (await bench.driver().drive(run_id)).status == "success"
    assert await bench.look("SELECT load_crashes FROM user_directives") == [{"load_crashes": 0}]
    with pytest.raises(Abandoned):
        await bench.driver(Abandoning("before_close")).drive(await bench.run(release, "due-2"))
