"""The engine notices by itself what happens to the files of tools."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest

from aifp.schemas.errors import ApprovalRequired, Conflict, FileMissing, NoSuch, Unavailable
from aifp.server.engine.rounds import Round
from aifp.server.engine.sources.tool_folders import ToolFolders
from aifp.server.engine.tool_sync import ToolSync, noticing
from tests.clock import until
from tests.server.engine.watchhouse import Watchhouse, open_watchhouse

SUM = "def run(a: int) -> int:\n    return a + 1\n"


class Yard:
    """A project with the round under test, and how often the rest of the engine was told."""

    def __init__(self, house: Watchhouse, project: Path) -> None:
        self.house, self.project, self.told = house, project, 0
        self.sync = ToolSync(house.ctx, self._tell)

    def _tell(self) -> None:
        self.told += 1

    def write(self, name: str, text: str = SUM) -> None:
        (self.project / "tools").mkdir(exist_ok=True)
        (self.project / "tools" / f"{name}.py").write_text(text, encoding="utf-8")

    async def turn(self, *, after_s: float = 0.0) -> None:
        await self.house.clock.advance(after_s)
        await self.sync.turn(self.house.clock.now())

    def tools(self) -> dict[str, str]:
        rows = self.house.rows("SELECT name, status FROM artifacts ORDER BY name")
        return {row["name"]: row["status"] for row in rows}


@asynccontextmanager
async def open_yard(folder: Path) -> AsyncGenerator[Yard]:
    async with open_watchhouse(folder) as house:
        yard = Yard(house, folder)
        await yard.sync.open()
        yield yard


@pytest.mark.req("L25", "L09")
async def test_a_new_file_is_a_tool_once_it_stands_still(tmp_path: Path) -> None:
    async with open_yard(tmp_path) as yard:
        yard.write("one", "def run(")
        await yard.turn()
        assert yard.tools() == {}
        yard.write("one")
        await yard.turn(after_s=1)
        assert yard.tools() == {}
        await yard.turn(after_s=1)
        assert (yard.tools(), yard.told) == ({"one": "active"}, 1)
        assert yard.house.rows("SELECT version_number FROM artifact_versions") == [
            {"version_number": 1}
        ]


@pytest.mark.req("L25")
async def test_without_a_watcher_files_are_compared_every_minute(tmp_path: Path) -> None:
    async with open_yard(tmp_path) as yard:
        await yard.turn()
        yard.write("one")
        await yard.turn(after_s=59)
        assert yard.sync.next() is not None
        await yard.turn(after_s=0.5)
        assert yard.tools() == {}
        await yard.turn(after_s=0.5)
        await yard.turn(after_s=1)
        assert yard.tools() == {"one": "active"}


@pytest.mark.req("L10", "L01", "L25")
async def test_a_file_that_stays_away_is_deleted_within_seconds(tmp_path: Path) -> None:
    async with open_yard(tmp_path) as yard:
        for name in ("one", "two"):
            yard.write(name)
        await yard.turn()
        await yard.turn(after_s=1)
        (tmp_path / "tools" / "one.py").unlink()
        yard.sync.moved()
        await yard.turn()
        assert yard.tools()["one"] == "active"
        await yard.turn(after_s=1)
        assert yard.tools()["one"] == "active"
        await yard.turn(after_s=1)
        await yard.turn(after_s=1)
        assert yard.tools() == {"one": "deleted", "two": "active"}


@pytest.mark.req("L31")
async def test_a_folder_that_is_gone_is_told_once_until_it_is_back(tmp_path: Path) -> None:
    async with open_yard(tmp_path) as yard:
        yard.write("one")
        await yard.turn()
        await yard.turn(after_s=1)
        (tmp_path / "tools").rename(tmp_path / "elsewhere")
        for _ in range(3):
            await yard.turn(after_s=60)
        alerts = "SELECT code, severity, state FROM alerts"
        assert yard.house.rows(alerts) == [
            {"code": "tool_sync_stopped", "severity": "critical", "state": "open"}
        ]
        assert yard.tools() == {"one": "active"}

        (tmp_path / "elsewhere").rename(tmp_path / "tools")
        await yard.turn(after_s=60)
        assert [row["state"] for row in yard.house.rows(alerts)] == ["resolved"]
        assert yard.tools() == {"one": "active"}


async def test_in_a_project_without_tools_nothing_is_written(tmp_path: Path) -> None:
    async with open_yard(tmp_path) as yard:
        before = dump(yard)
        for _ in range(3):
            await yard.turn(after_s=60)
        assert (dump(yard), yard.told) == (before, 0)


def dump(yard: Yard) -> str:
    with closing(sqlite3.connect(yard.house.path)) as db:  # noqa: TID251
        return "\n".join(db.iterdump())


@asynccontextmanager
async def watching(yard: Yard) -> AsyncGenerator[None]:
    """Run the round and its watcher on real folders; time itself does not pass."""
    going = Round(yard.house.clock, yard.sync)

    def moved() -> None:
        yard.sync.moved()
        going.wake()

    folders = ToolFolders(yard.project, yard.sync.folders, yard.sync.others, moved)
    tasks = [asyncio.ensure_future(going.run()), asyncio.ensure_future(folders.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.mark.req("L25")
async def test_the_watcher_sees_a_folder_that_is_made_and_what_is_put_into_it(
    tmp_path: Path,
) -> None:
    async with open_yard(tmp_path) as yard, watching(yard):
        clock = yard.house.clock
        await until(lambda: clock.waiting > 0)
        yard.write("one")

        async def passes() -> None:
            while "one" not in yard.tools():
                await asyncio.sleep(0.05)
                # Time passes only where something waits to stand still, never to the next minute.
                due = yard.sync.next()
                if due is not None and (due - clock.now()).total_seconds() <= 1:
                    await clock.advance(1)

        await asyncio.wait_for(passes(), 30)
        yard.write("two")
        yard.write("one", SUM.replace("1", "2"))

        async def follows() -> None:
            count = "SELECT count(*) AS n FROM artifact_versions"
            while yard.house.value(count) < 3:
                await asyncio.sleep(0.05)
                due = yard.sync.next()
                if due is not None and (due - clock.now()).total_seconds() <= 1:
                    await clock.advance(1)

        await asyncio.wait_for(follows(), 30)
        assert yard.tools() == {"one": "active", "two": "active"}


@pytest.mark.req("L25")
@pytest.mark.parametrize("refusal", [FileMissing, ApprovalRequired, NoSuch])
async def test_a_gate_that_refuses_what_lies_there_has_the_files_compared(
    refusal: type[Exception],
) -> None:
    looked: list[str] = []

    async def gate(name: str) -> str:
        raise refusal(name)

    with pytest.raises(refusal):
        await noticing(gate, lambda: looked.append("now"))("one")
    assert looked == ["now"]


@pytest.mark.parametrize("refusal", [Unavailable, Conflict])
async def test_other_refusals_are_no_news_of_files(refusal: type[Exception]) -> None:
    looked: list[str] = []

    async def gate() -> str:
        raise refusal("x")

    with pytest.raises(refusal):
        await noticing(gate, lambda: looked.append("now"))()
    assert looked == []
