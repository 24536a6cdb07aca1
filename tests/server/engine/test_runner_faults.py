"""The runner when a drive, or even the end of a run, breaks."""

import asyncio
from typing import NoReturn

import pytest

from aifp.schemas.errors import ApprovalRequired, LimitExceeded
from aifp.server.engine.driving.driver import Driven, Driver
from aifp.server.engine.driving.endings import Ending
from tests.server.engine.test_runner import QUICK, running
from tests.server.engine.workbench import Workbench, clock_of


@pytest.mark.req("F06")
async def test_a_run_whose_end_cannot_be_written_is_driven_again_later(bench: Workbench) -> None:
    class Full(Driver):
        full = True

        async def drive(self, run_id: int) -> Driven:
            return await super().drive(run_id) if not self.full else await self._refuse()

        async def end(self, run_id: int, ending: Ending) -> bool:
            return await super().end(run_id, ending) if not self.full else await self._refuse()

        async def _refuse(self) -> NoReturn:
            raise LimitExceeded("The disk is full.")

    release = await bench.directive(QUICK)
    run_id, driver = await bench.run(release), Full(bench.kit, bench.admit, bench.stored)
    async with running(bench, driver) as (runner, ended):
        runner.submit(run_id, 0, "line")
        await runner.wait_for(run_id)
        assert ended == []
        driver.full = False
        await clock_of(bench).advance(31)
        await bench.until(lambda: ended == [run_id])
    assert (await bench.row(run_id))["status"] == "success"


@pytest.mark.req("F31")
async def test_a_drive_that_is_cancelled_from_within_is_not_forgotten(bench: Workbench) -> None:
    class Cancelled(Driver):
        async def drive(self, run_id: int) -> Driven:
            raise asyncio.CancelledError

    release = await bench.directive(QUICK)
    run_id = await bench.run(release)
    driver = Cancelled(bench.kit, bench.admit, bench.stored)
    async with running(bench, driver) as (runner, ended):
        runner.submit(run_id, 0, "line")
        await bench.until(lambda: ended == [run_id])
        assert runner.running() == 0
    row = await bench.row(run_id)
    assert (row["status"], row["reason"]) == ("failure", "internal")


@pytest.mark.req("D98")
async def test_a_refused_drive_ends_with_the_reason_of_the_refusal(bench: Workbench) -> None:
    class Refusing(Driver):
        async def drive(self, run_id: int) -> Driven:
            raise ApprovalRequired("not approved any more")

    release = await bench.directive(QUICK)
    run_id = await bench.run(release)
    driver = Refusing(bench.kit, bench.admit, bench.stored)
    async with running(bench, driver) as (runner, ended):
        runner.submit(run_id, 0, "")
        await bench.until(lambda: ended == [run_id])
    row = await bench.row(run_id)
    assert (row["status"], row["reason"]) == ("failure", ApprovalRequired.code)
