"""The life of tools as the person lives it: nothing but files is touched."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aifp.helpers.lifecycle.internal.artifact_rows import find_artifact
from aifp.helpers.lifecycle.tools.lifecycle_tools import restore_tool
from aifp.helpers.lifecycle.tools.statistics_tools import get_tool_statistics
from aifp.helpers.lifecycle.tools.sync_tools import sync_and_reconcile
from aifp.schemas.deploying import Restored
from aifp.schemas.tool_sync import SyncReport, ToolStatisticsAnswer
from tests.helpers.lifecycle.tools.test_maintenance_tools import (
    DAY,
    Watch,
    step_of,
)
from tests.helpers.lifecycle.tools.test_maintenance_tools import (
    watch as watch,
)


async def passing(watch: Watch, work: Awaitable[Any]) -> Any:
    """Let time pass while something waits for it."""
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.sleep(0.005)
        if watch.clock.waiting:
            await watch.clock.advance(2)
    return task.result()


async def synced(watch: Watch) -> SyncReport:
    report = await passing(watch, sync_and_reconcile(watch.ctx))
    assert isinstance(report, SyncReport), report
    return report


def file_of(watch: Watch, name: str) -> Any:
    return watch.shelf.life.project / "tools" / f"{name}.py"


@pytest.mark.req("L28", "L17", "L32")
async def test_a_junk_tool_goes_silently_and_is_purged_after_ninety_days(watch: Watch) -> None:
    await watch.shelf.tool("stays")
    junk = await watch.shelf.tool("buggy_test_tool")
    watch.shelf.used(junk, watch.clock.now() - 7 * DAY, failure=2)
    file_of(watch, "buggy_test_tool").unlink()
    report = await synced(watch)
    assert (report.newly_deleted, report.alerts) == (["buggy_test_tool"], [])
    assert watch.shelf.alerts() == []
    watch.clock.set(watch.clock.now() + 89 * DAY)
    assert step_of(await watch.run(), "clean").count == 0
    watch.clock.set(watch.clock.now() + DAY)
    assert step_of(await watch.run(), "clean").details == {"purged": ["buggy_test_tool"]}
    assert await find_artifact(watch.ctx.directives, "buggy_test_tool") is None


@pytest.mark.req("L28", "L14", "L17", "L32")
async def test_a_useful_tool_is_missed_and_comes_back_byte_for_byte(watch: Watch) -> None:
    await watch.shelf.tool("stays")
    tool = await watch.shelf.tool("my_amazing_tool")
    watch.shelf.used(tool, watch.clock.now() - 60 * DAY, success=475, failure=25)
    before = file_of(watch, "my_amazing_tool").read_bytes()
    file_of(watch, "my_amazing_tool").unlink()
    report = await synced(watch)
    assert [alert.code for alert in report.alerts] == ["useful_tool_deleted"]
    kept = await get_tool_statistics(watch.ctx, "my_amazing_tool")
    assert isinstance(kept, ToolStatisticsAnswer), kept
    assert (kept.status, kept.total_executions, kept.success_rate) == ("deleted", 500, 0.95)
    # However long it waits: with an open alert, and after so many uses, it is never purged.
    watch.clock.set(watch.clock.now() + 200 * DAY)
    assert step_of(await watch.run(), "clean").details == {"archived": ["my_amazing_tool"]}
    back = await restore_tool(watch.ctx, "my_amazing_tool")
    assert isinstance(back, Restored), back
    assert file_of(watch, "my_amazing_tool").read_bytes() == before
    await synced(watch)
    row = await find_artifact(watch.ctx.directives, "my_amazing_tool")
    assert row is not None
    assert row["status"] == "active"
    assert watch.shelf.alerts() == []


@pytest.mark.req("L15", "L28")
async def test_a_tool_used_yesterday_is_asked_about(watch: Watch) -> None:
    await watch.shelf.tool("stays")
    tool = await watch.shelf.tool("yesterdays")
    watch.shelf.used(tool, watch.clock.now() - timedelta(days=1), success=1)
    file_of(watch, "yesterdays").unlink()
    report = await synced(watch)
    assert [(alert.severity, alert.code) for alert in report.alerts] == [("info", "recently_used")]


@pytest.mark.req("L29")
async def test_tools_lie_in_the_folder_that_the_person_names(watch: Watch) -> None:
    settings = watch.ctx.settings.model_copy(update={"tools_folder": "own/tools"})
    ctx = replace(watch.ctx, settings=settings)
    watch.shelf.life.write("own/tools/fresh.py", "def run() -> int:\n    return 1\n")
    watch.shelf.life.write("tools/other.py", "def run() -> int:\n    return 2\n")
    report = await sync_and_reconcile(ctx)
    assert isinstance(report, SyncReport), report
    assert report.new_manual_tools == ["fresh"]
    row = await find_artifact(ctx.directives, "fresh")
    assert row is not None
    assert row["path"] == "own/tools/fresh.py"
