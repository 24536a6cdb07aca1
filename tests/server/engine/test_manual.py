"""Runs by hand: live ones, and dry ones that send nothing."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from aifp.schemas.errors import ApprovalRequired, InvalidArgument, InvalidTransition, NoSuch
from aifp.schemas.ports import Ctx
from aifp.schemas.releases import Permission, Release
from aifp.schemas.runs import RunRequest
from aifp.server.engine.driving.manual import Doors, ManualRuns
from aifp.server.engine.driving.runner import AsyncRunner
from tests.server.engine.loopback import Loopback, Reply
from tests.server.engine.workbench import Workbench, clock_of, host_permission

WRITE = Permission(resource="file_write", value={"path": "out/**"})
READ = Permission(resource="file_read", value={"path": "out/**"})
PHONE = Permission(resource="notify", value={"channel": "phone"})


def everything(server: Loopback) -> str:
    return f"""
import datetime

def execute_night_light(ctx):
    seen = ctx.http("GET", "{server.url("/seen")}")
    ctx.http("POST", "{server.url("/lamp")}", json={{"on": True}})
    ctx.notify("phone", "done")
    ctx.file("write", "out/a.txt", "text")
    ctx.state("set", "count", 1)
    ctx.sleep(seconds=1800)
    ctx.log("info", "bye")
    return [seen["status"], ctx.state("get", "count"), str(datetime.datetime.now())]
"""


@asynccontextmanager
async def by_hand(bench: Workbench, *, approved: bool = True) -> AsyncGenerator[ManualRuns]:
    async def gate(ctx: Ctx, directive_id: int) -> Release:
        if not approved:
            raise ApprovalRequired("A person has not approved this.")
        return bench.releases[directive_id]

    async def present(ctx: Ctx, directive_id: int) -> Release:
        return bench.releases[directive_id]

    runner = AsyncRunner(bench.ctx, bench.driver(), 2, lambda run_id: None)
    async with asyncio.TaskGroup() as group:
        group.create_task(runner.run())
        await asyncio.sleep(0)
        try:
            yield ManualRuns(bench.kit, runner, Doors(gate, present))
        finally:
            await runner.close()


async def directive(bench: Workbench, server: Loopback) -> Release:
    grants = (host_permission(server.port), PHONE, WRITE, READ)
    return await bench.directive(everything(server), *grants)


@pytest.mark.req("D55")
async def test_a_dry_run_of_approved_code_reads_and_sends_nothing_that_writes(
    bench: Workbench, server: Loopback
) -> None:
    release = await directive(bench, server)
    async with by_hand(bench) as manual:
        at = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
        report = await manual.run_now(
            RunRequest(directive_id=release.directive_id, dry_run=True, at=at)
        )
    assert [r.method for r in server.received] == ["GET"]
    assert bench.notices.sent == []
    assert not (bench.project / "out").exists()
    assert (report.success, report.status) == (True, "success")
    assert report.result == [200, 1, "2027-03-01 09:30:00"]
    assert [(c.function, c.simulated) for c in report.calls] == [
        ("http", False),
        ("http", True),
        ("notify", True),
        ("file", True),
        ("state", False),
        ("sleep", True),
        ("log", False),
        ("state", False),
    ]
    assert report.log == ["info: bye"]


@pytest.mark.req("D55")
async def test_a_dry_run_leaves_its_record_and_counts_nowhere(
    bench: Workbench, server: Loopback
) -> None:
    release = await directive(bench, server)
    async with by_hand(bench) as manual:
        report = await manual.run_now(RunRequest(directive_id=release.directive_id, dry_run=True))
    row = await bench.row(report.run_id or 0)
    assert (row["mode"], row["status"], row["trigger_source"]) == ("dry_run", "success", "manual")
    statuses = [s["status"] for s in await bench.steps(row["id"])]
    assert statuses == [
        "ok",
        "simulated",
        "simulated",
        "simulated",
        "ok",
        "simulated",
        "ok",
        "ok",
    ]
    assert await bench.look("SELECT * FROM run_daily") == []
    assert await bench.look("SELECT * FROM kv_state") == []


@pytest.mark.req("D55")
@pytest.mark.parametrize("stubs_only", [True, False])
async def test_a_dry_run_of_unapproved_code_gets_stubs_only(
    bench: Workbench, server: Loopback, *, stubs_only: bool
) -> None:
    release = await directive(bench, server)
    async with by_hand(bench, approved=stubs_only) as manual:
        report = await manual.run_now(
            RunRequest(directive_id=release.directive_id, dry_run=True, stubs_only=stubs_only)
        )
    assert server.received == []
    assert report.success
    assert report.calls[0].simulated


@pytest.mark.req("D55")
async def test_a_live_run_by_hand_is_driven_and_reported(
    bench: Workbench, server: Loopback
) -> None:
    code = f"""
def execute_night_light(ctx):
    ctx.http("POST", "{server.url("/lamp")}", json={{"on": True}})
    return "z" * 3000
"""
    release = await bench.directive(code, host_permission(server.port))
    async with by_hand(bench) as manual:
        report = await manual.run_now(RunRequest(directive_id=release.directive_id))
    assert (report.success, report.status, report.result) == (True, "success", "z" * 3000)
    assert len(server.received) == 1
    row = await bench.row(report.run_id or 0)
    assert (row["mode"], row["trigger_source"]) == ("live", "manual")
    (daily,) = await bench.look("SELECT success FROM run_daily WHERE subject_kind = 'project'")
    assert daily["success"] == 1


@pytest.mark.req("D55")
async def test_a_live_run_needs_approval_and_a_fitting_status(
    bench: Workbench, server: Loopback
) -> None:
    release = await directive(bench, server)
    request = RunRequest(directive_id=release.directive_id)
    async with by_hand(bench, approved=False) as manual:
        with pytest.raises(ApprovalRequired):
            await manual.run_now(request)
        with pytest.raises(InvalidArgument, match="dry run"):
            await manual.run_now(
                request.model_copy(update={"at": datetime(2027, 1, 1, tzinfo=UTC)})
            )
        with pytest.raises(NoSuch):
            await manual.run_now(RunRequest(directive_id=999))
        await bench.write("UPDATE user_directives SET status = 'draft'")
        with pytest.raises(InvalidTransition):
            await manual.run_now(request)
    assert server.received == []
    assert await bench.look("SELECT id FROM runs") == []


@pytest.mark.req("D55")
async def test_a_live_run_that_waits_is_reported_as_it_stands(
    bench: Workbench, server: Loopback
) -> None:
    release = await directive(bench, server)
    async with by_hand(bench) as manual:
        report = await manual.run_now(RunRequest(directive_id=release.directive_id))
        assert (report.success, report.status) == (False, "running")
        await clock_of(bench).advance(1801)
        await bench.until_status(report.run_id or 0, "success")
    assert (bench.project / "out/a.txt").read_text() == "text"
    (kept,) = await bench.look("SELECT state_key, state_value_json FROM kv_state")
    assert (kept["state_key"], json.loads(kept["state_value_json"])) == ("count", 1)


@pytest.mark.req("D55")
async def test_a_refused_call_fails_in_a_dry_run_too(bench: Workbench, server: Loopback) -> None:
    server.script("/seen", Reply(status=404))
    release = await bench.directive(everything(server))
    async with by_hand(bench) as manual:
        report = await manual.run_now(RunRequest(directive_id=release.directive_id, dry_run=True))
    assert (report.success, report.status) == (False, "failure")
    assert "does not grant" in (report.error or "")
    assert server.received == []
