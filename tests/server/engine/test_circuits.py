"""A host that does not answer is left alone for a while."""

from datetime import UTC, datetime, timedelta

import pytest

from aifp.server.engine.driving.circuits import FAILURES, LONGEST, Circuits
from tests.server.engine.workbench import Workbench, clock_of, host_permission

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.req("F20")
def test_a_circuit_opens_grows_and_closes() -> None:
    circuits = Circuits()
    assert [circuits.failed("h", NOW) for _ in range(FAILURES)] == [False] * 4 + [True]
    assert circuits.open_until("h", NOW) == NOW + timedelta(seconds=30)
    assert circuits.open_until("other", NOW) is None
    assert circuits.open_until("h", NOW + timedelta(seconds=30)) is None
    assert not circuits.failed("h", NOW)
    assert circuits.open_until("h", NOW) == NOW + timedelta(seconds=60)
    for _ in range(40):
        circuits.failed("h", NOW)
    assert circuits.open_until("h", NOW) == NOW + LONGEST
    assert circuits.answered("h")
    assert circuits.open_until("h", NOW) is None
    assert not circuits.answered("h")


@pytest.mark.req("F20")
async def test_a_dead_host_opens_one_alert_that_its_answer_resolves(bench: Workbench) -> None:
    code = """
def execute_night_light(ctx):
    for _ in range(7):
        try:
            ctx.http("GET", "http://127.0.0.1:9/")
        except Exception as fault:
            last = str(fault)
    return last
"""
    run_id = await bench.run(await bench.directive(code, host_permission(9)))
    assert (await bench.driver().drive(run_id)).status == "success"
    assert "left alone until" in (await bench.row(run_id))["output_summary"]
    (alert,) = await bench.look("SELECT code, subject_name, state FROM alerts")
    assert alert == {"code": "host_unreachable", "subject_name": "127.0.0.1:9", "state": "open"}
    await clock_of(bench).advance(31)
    assert bench.kit.circuits.open_until("127.0.0.1:9", bench.clock.now()) is None
