"""The daily maintenance of tools, by itself and on call."""

import asyncio
import os
import shutil
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aifp.helpers.lifecycle.tools.maintenance_tools import find_duplicates, run_maintenance
from aifp.helpers.lifecycle.tools.statistics_tools import get_lifecycle_events
from aifp.schemas.common import Failure
from aifp.schemas.errors import Unavailable
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import RunReport, UpkeepRequest
from aifp.schemas.upkeep import UpkeepReport
from aifp.server.adapters.files import ProjectFiles
from aifp.server.engine.upkeep import Upkeep
from tests.clock import FakeClock, until
from tests.contexts import with_directives
from tests.helpers.lifecycle.shelf import Shelf
from tests.helpers.user_directives.engines import RecordingEngine

DAY = timedelta(days=1)


@dataclass
class UpkeepEngine(RecordingEngine):
    """An engine of which only the upkeep is real."""

    upkeep: list[Upkeep] = field(default_factory=lambda: [])

    async def run_now(self, request: Any) -> RunReport:
        assert isinstance(request, UpkeepRequest)
        return await self.upkeep[0].asked(request)


@dataclass
class Watch:
    """A project with its upkeep, and what it pruned."""

    ctx: Ctx
    shelf: Shelf
    upkeep: Upkeep
    pruned: list[str]

    @property
    def clock(self) -> FakeClock:
        assert isinstance(self.ctx.clock, FakeClock)
        return self.ctx.clock

    async def live_through(self, days: int) -> None:
        """Let days go by, and look every hour, as the round of the engine does at least."""
        await self.upkeep.open()
        for _ in range(days * 24):
            await self.upkeep.turn(self.clock.now())
            self.clock.set(self.clock.now() + timedelta(hours=1))

    async def run(self, *, dry_run: bool = False) -> UpkeepReport:
        report = await run_maintenance(self.ctx, dry_run=dry_run)
        assert isinstance(report, UpkeepReport), report
        return report

    def reports(self) -> list[dict[str, Any]]:
        return self.shelf.sql("SELECT * FROM runs WHERE kind = 'maintenance' ORDER BY id")


@pytest.fixture
def watch(plain_ctx: Ctx, shelf: Shelf) -> Watch:
    pruned: list[str] = []

    async def prune(zone: ZoneInfo) -> int:
        pruned.append(str(zone))
        return 2

    engine = UpkeepEngine()
    ctx = replace(plain_ctx, engine=engine)
    upkeep = Upkeep(replace(ctx, actor="system"), prune, ProjectFiles(shelf.life.project).discard)
    engine.upkeep.append(upkeep)
    return Watch(ctx, shelf, upkeep, pruned)


def step_of(report: UpkeepReport, name: str) -> Any:
    return next(step for step in report.steps if step.step == name)


@pytest.mark.req("L23")
async def test_three_days_give_three_reports_by_themselves(watch: Watch) -> None:
    await watch.shelf.tool("weather")
    await watch.live_through(3)
    await watch.upkeep.turn(watch.clock.now())
    assert len(watch.reports()) == 3
    assert {row["status"] for row in watch.reports()} == {"success"}
    assert len(watch.pruned) == 3


@pytest.mark.req("L23")
async def test_a_restart_does_not_begin_a_new_day(watch: Watch) -> None:
    await watch.shelf.tool("weather")
    await watch.live_through(1)
    assert watch.reports() == []
    for _ in range(24):
        await watch.live_through(0)
        await watch.upkeep.turn(watch.clock.now())
        watch.clock.set(watch.clock.now() + timedelta(hours=1))
    assert len(watch.reports()) == 1


@pytest.mark.req("L23")
async def test_a_project_without_tools_has_nothing_to_report(watch: Watch) -> None:
    await watch.live_through(2)
    assert not watch.shelf.life.database.exists()


@pytest.mark.req("L23", "L19")
async def test_a_call_reports_each_step_with_its_names(watch: Watch) -> None:
    old = to_text(watch.shelf.now - timedelta(days=100))
    lately = to_text(watch.shelf.now - timedelta(days=40))
    await watch.shelf.tool("rare", status="deleted", status_changed_at=old)
    used = await watch.shelf.tool("used", status="deleted", status_changed_at=old)
    good = await watch.shelf.tool("good", status="deleted", status_changed_at=lately)
    watch.shelf.used(used, watch.shelf.now - 120 * DAY, failure=50)
    watch.shelf.used(good, watch.shelf.now - 31 * DAY, success=50)
    report = await watch.run()
    assert report.success
    clean = step_of(report, "clean")
    assert (clean.count, clean.names) == (2, ["rare", "used"])
    assert clean.details == {"purged": ["rare"], "archived": ["used"]}
    looked = step_of(report, "deleted")
    assert looked.details == {"archive_candidates": ["good"], "to_review": ["good"]}
    assert step_of(report, "logs").count == 2
    assert report.run_id == watch.reports()[0]["id"]
    rows = watch.shelf.sql("SELECT status FROM artifacts WHERE name = 'good'")
    assert rows == [{"status": "deleted"}]


@pytest.mark.req("L24")
async def test_a_dry_run_changes_nothing_and_shows_the_last_report(watch: Watch) -> None:
    old = to_text(watch.shelf.now - timedelta(days=100))
    await watch.shelf.tool("rare", status="deleted", status_changed_at=old)
    before, pruned = watch.shelf.life.dump(), list(watch.pruned)
    report = await watch.run(dry_run=True)
    assert step_of(report, "clean").details == {"purged": ["rare"]}
    assert report.previous is None
    assert (watch.shelf.life.dump(), watch.pruned) == (before, pruned)
    real = await watch.run()
    assert (await watch.run(dry_run=True)).previous == real


class Failing:
    """A database in which one query fails, and the others do not."""

    def __init__(self, real: Any, query: str) -> None:
        self._real, self._query = real, query

    async def all(self, query: str, /, **params: Any) -> Any:
        if query == self._query:
            raise Unavailable("the disk is gone")
        return await self._real.all(query, **params)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.mark.req("L23")
async def test_one_step_that_fails_does_not_stop_the_others(watch: Watch) -> None:
    await watch.shelf.tool("weather")

    async def broken(zone: ZoneInfo) -> int:
        raise OSError("no such folder")

    ctx = with_directives(watch.ctx, Failing(watch.ctx.directives, "what_needs_tool"))
    old = to_text(watch.shelf.now - timedelta(days=100))
    await watch.shelf.tool("rare", status="deleted", status_changed_at=old)
    done = await Upkeep(ctx, broken, ProjectFiles(watch.shelf.life.project).discard).asked(
        UpkeepRequest()
    )
    report = UpkeepReport.model_validate(done.result)
    assert not report.success
    assert {step.step for step in report.steps if not step.success} == {"clean", "logs"}
    assert len(report.steps) == 8
    assert step_of(report, "clean").error == "the disk is gone"
    assert "reference" in (step_of(report, "logs").error or "")
    [row] = watch.reports()
    assert row["status"] == "failure"
    assert "the disk is gone" in row["error_message"]
    assert watch.shelf.alerts() == ["maintenance_failed"]
    assert (await watch.run()).success
    assert watch.shelf.alerts() == []


@pytest.mark.req("L30")
async def test_the_review_comes_once_a_week(watch: Watch) -> None:
    tool = await watch.shelf.tool("weather")
    watch.shelf.used(tool, success=95, failure=5)
    first = await watch.run()
    assert first.review is not None
    assert [each.standing for each in first.review.standings] == ["excellent"]
    watch.clock.set(watch.clock.now() + 6 * DAY)
    assert (await watch.run()).review is None
    watch.clock.set(watch.clock.now() + DAY)
    assert (await watch.run()).review is not None


SAME = '''def run(city: str) -> str:
    """{doc}"""
    return city.upper()
'''
PARAMETERS = '{"type": "object", "properties": {"city": {"type": "string"}%s}}'


@pytest.mark.req("L22")
async def test_duplicates_are_shown_with_what_they_did_and_nothing_changes(watch: Watch) -> None:
    old = await watch.shelf.tool(
        "shout", source=SAME.format(doc="Shout."), parameters_json=PARAMETERS % ""
    )
    new = await watch.shelf.tool(
        "loud",
        source="# other\n" + SAME.format(doc="Be loud."),
        parameters_json=PARAMETERS % ', "volume": {"type": "integer"}',
    )
    watch.shelf.used(old, success=95, failure=5)
    watch.shelf.used(new, success=4, failure=1)
    await watch.shelf.tool("invoice", description="Send a bill.", parameters_json="{}")
    before = watch.shelf.life.dump()
    pairs = await find_duplicates(watch.ctx)
    assert isinstance(pairs, list)
    [pair] = pairs
    assert (pair.a.name, pair.b.name, pair.keep) == ("loud", "shout", "shout")
    assert (pair.similarity, pair.confidence) == (1.0, "same_code")
    assert (pair.common_parameters, pair.only_a, pair.only_b) == (["city"], ["volume"], [])
    assert (pair.b.executions, pair.b.success_rate) == (100, 0.95)
    assert watch.shelf.life.dump() == before
    assert await find_duplicates(watch.ctx, "invoice") == []
    unknown = await find_duplicates(watch.ctx, "nothing")
    assert isinstance(unknown, Failure)
    assert step_of(await watch.run(), "duplicates").names == ["loud", "shout"]


@pytest.mark.req("L23", "L32")
async def test_files_alone_say_what_there_is(watch: Watch) -> None:
    await watch.shelf.tool("weather")
    watch.shelf.life.write("tools/fresh.py", SAME.format(doc="Be fresh."))
    first = await watch.run()
    assert step_of(first, "sync").names == ["fresh"]
    (watch.shelf.life.project / "tools" / "fresh.py").unlink()
    waiting = asyncio.ensure_future(watch.run())
    await until(lambda: watch.clock.waiting > 0)
    await watch.clock.advance(2)
    second = await waiting
    assert step_of(second, "mark").details == {"deleted": ["fresh"], "restored": []}
    assert step_of(second, "alert").count == 0
    watch.clock.set(watch.clock.now() + 90 * DAY)
    assert step_of(await watch.run(), "clean").details == {"purged": ["fresh"]}
    assert [event["event_type"] for event in await seen_of(watch, "fresh")] == ["purged"]


@pytest.mark.req("L20", "L31")
async def test_a_folder_that_cannot_be_looked_at_stops_the_sync_and_nothing_else(
    watch: Watch,
) -> None:
    await watch.shelf.tool("weather")
    shutil.rmtree(watch.shelf.life.project / "tools")
    report = await watch.run()
    assert {step.step for step in report.steps if not step.success} == {"sync", "mark", "alert"}
    assert watch.shelf.sql("SELECT status FROM artifacts") == [{"status": "active"}]


async def seen_of(watch: Watch, name: str) -> list[dict[str, Any]]:
    answer = await get_lifecycle_events(watch.ctx, name)
    assert isinstance(answer, list), answer
    return [event.model_dump() for event in answer]


def age(watch: Watch, sha256: str, hours: float) -> Path:
    """Let an object lie in the store for some time."""
    place = watch.shelf.life.project / ".aifp-project" / "objects" / sha256[:2] / sha256
    at = watch.clock.now().timestamp() - hours * 3600
    os.utime(place, (at, at))
    return place


@pytest.mark.req("L20")
async def test_bytes_of_a_purged_tool_are_freed_when_nothing_names_them(watch: Watch) -> None:
    old = to_text(watch.shelf.now - timedelta(days=100))
    await watch.shelf.tool("rare", status="deleted", status_changed_at=old)
    [kept] = watch.shelf.sql("SELECT sha256 FROM objects")
    place = age(watch, kept["sha256"], 0.5)
    report = await watch.run()
    assert step_of(report, "clean").names == ["rare"]
    # Somebody kept these very bytes a moment ago, and may be about to name them.
    assert (step_of(report, "objects").count, place.exists()) == (0, True)
    age(watch, kept["sha256"], 1.5)
    assert step_of(await watch.run(dry_run=True), "objects").count == 1
    assert place.exists()
    assert step_of(await watch.run(), "objects").count == 1
    assert not place.exists()
    assert watch.shelf.sql("SELECT 1 FROM objects WHERE sha256 = ?", kept["sha256"]) == []


@pytest.mark.req("L20")
async def test_bytes_that_a_run_names_stay_as_long_as_the_run(watch: Watch) -> None:
    tool = await watch.shelf.tool("weather")
    at, past = to_text(watch.shelf.now), to_text(watch.shelf.now - DAY)
    sha256 = await watch.ctx.files.keep(b"a long result")
    watch.shelf.insert(
        "objects", sha256=sha256, size_bytes=13, media_type="x", created_at=at, expires_at=past
    )
    run = watch.shelf.ran(tool, tool["current_version_id"], watch.shelf.now, output_sha256=sha256)
    place = age(watch, sha256, 2)
    assert step_of(await watch.run(), "objects").count == 0
    watch.shelf.sql("DELETE FROM runs WHERE id = ?", run)
    assert step_of(await watch.run(), "objects").count == 1
    assert not place.exists()
