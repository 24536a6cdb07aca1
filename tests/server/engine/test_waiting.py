"""Sleeps: long ones cost a row, not a process."""

from datetime import UTC, datetime, timedelta

import pytest

from aifp.server.engine.driving.driver import Driver
from tests.server.engine.loopback import Loopback
from tests.server.engine.workbench import Workbench, clock_of, host_permission


def sleepy(server: Loopback, sleep: str) -> str:
    return f"""
def execute_night_light(ctx):
    ctx.http("POST", "{server.url("/before")}")
    ctx.sleep({sleep})
    ctx.http("POST", "{server.url("/after")}")
"""


@pytest.mark.req("D112")
async def test_a_long_sleep_parks_the_run_over_a_restart(
    bench: Workbench, server: Loopback
) -> None:
    release = await bench.directive(
        sleepy(server, "seconds=600"), host_permission(server.port), policies={"timeout_ms": 5000}
    )
    run_id = await bench.run(release)
    driven = await bench.driver().drive(run_id)
    assert driven.wake_at == bench.clock.now() + timedelta(seconds=600)
    row = await bench.row(run_id)
    assert (row["status"], row["wake_at"]) == ("running", "2026-11-21T12:10:00.000Z")
    again = await bench.driver().drive(run_id)
    assert again.wake_at == driven.wake_at
    assert server.calls(path="/after") == []
    await clock_of(bench).advance(600)
    assert (await bench.driver().drive(run_id)).status == "success"
    assert [r.path for r in server.received] == ["/before", "/after"]
    assert (await bench.row(run_id))["working_ms"] < 5000


@pytest.mark.req("D112")
async def test_a_sleep_longer_than_allowed_is_refused(bench: Workbench) -> None:
    code = "def execute_night_light(ctx):\n    ctx.sleep(seconds=3601)\n"
    run_id = await bench.run(await bench.directive(code))
    assert (await bench.driver().drive(run_id)).status == "failure"
    assert (await bench.steps(run_id))[0]["error_type"] == "limit_exceeded"


@pytest.mark.req("D112")
async def test_a_directive_with_a_longer_wait_may_sleep_so_long(bench: Workbench) -> None:
    code = "def execute_night_light(ctx):\n    ctx.sleep(seconds=7200)\n"
    release = await bench.directive(code, steps=[{"verb": "wait", "ms": 7_200_000}])
    driven = await bench.driver().drive(await bench.run(release))
    assert driven.wake_at == bench.clock.now() + timedelta(hours=2)


@pytest.mark.req("D112")
@pytest.mark.parametrize(
    ("until", "wake"),
    [
        ("13:30", datetime(2026, 11, 21, 12, 30, tzinfo=UTC)),
        ("13:30:15", datetime(2026, 11, 21, 12, 30, 15, tzinfo=UTC)),
        ("12:59", datetime(2026, 11, 22, 11, 59, tzinfo=UTC)),
        ("2026-11-21T13:45", datetime(2026, 11, 21, 12, 45, tzinfo=UTC)),
        ("2026-11-21T12:50:00+00:00", datetime(2026, 11, 21, 12, 50, tzinfo=UTC)),
    ],
)
async def test_until_is_read_in_the_directives_zone(
    bench: Workbench, until: str, wake: datetime
) -> None:
    code = f"def execute_night_light(ctx):\n    ctx.sleep(until='{until}')\n"
    release = await bench.directive(code, steps=[{"verb": "wait", "until": "13:30"}])
    driven = await bench.driver().drive(await bench.run(release))
    assert driven.wake_at == wake


@pytest.mark.req("D112")
async def test_branches_wait_side_by_side(bench: Workbench) -> None:
    code = """
def execute_night_light(ctx):
    async def nap(seconds):
        await ctx.aio.sleep(seconds=seconds)
    ctx.branches([lambda n=n: nap(n) for n in (20, 10, 30)])
"""
    run_id = await bench.run(await bench.directive(code))
    driver: Driver = bench.driver()
    start = bench.clock.now()
    woken: list[float] = []
    driven = await driver.drive(run_id)
    while driven.wake_at:
        woken.append((driven.wake_at - start).total_seconds())
        clock_of(bench).set(driven.wake_at)
        driven = await driver.drive(run_id)
    assert driven.status == "success"
    assert woken == [10, 20, 30]
