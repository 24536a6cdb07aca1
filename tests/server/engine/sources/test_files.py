"""Files that appear, change or go away, with real files."""

import asyncio
import json
from pathlib import Path

import pytest

from aifp.server.engine.sources.files import FileSource
from aifp.server.engine.sources.folders import Folders, folders_of
from tests.clock import FakeClock, until
from tests.server.engine.watchhouse import NOON, Watchhouse, open_watchhouse


async def open_source(house: Watchhouse) -> FileSource:
    source = FileSource(house.ctx, house.plans, lambda: None)
    await source.open()
    await source.reload()
    await source.turn(house.clock.now())
    return source


async def look(house: Watchhouse, source: FileSource, seconds: float = 1.0) -> None:
    """Look twice, so that what stood still in between counts."""
    await source.turn(house.clock.now())
    await house.clock.advance(seconds)
    await source.turn(house.clock.now())


def paths(house: Watchhouse) -> list[str]:
    return [json.loads(row["trigger_json"])["path"] for row in house.runs()]


async def add(house: Watchhouse, change: str = "created") -> None:
    start = {"kind": "file", "glob": "inbox/*.xml", "change": change}
    await house.add("bills", type="trigger", when=[start])


def put(folder: Path, name: str, text: str = "<a/>") -> Path:
    file = folder / "inbox" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


async def test_a_new_file_starts_one_run_when_it_has_stood_still(tmp_path: Path) -> None:
    put(tmp_path, "old.xml")
    async with open_watchhouse(tmp_path) as house:
        await add(house)
        source = await open_source(house)
        put(tmp_path, "new.xml")
        put(tmp_path, "note.txt")
        await look(house, source, 0.5)
        assert paths(house) == []
        await look(house, source, 0.5)
        await look(house, source)
        assert paths(house) == ["inbox/new.xml"]


async def test_a_file_that_still_grows_waits(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await add(house)
        source = await open_source(house)
        for size in range(4):
            put(tmp_path, "new.xml", "x" * size)
            await look(house, source, 0.9)
        assert paths(house) == []
        assert source.next() is not None
        await look(house, source)
        assert paths(house) == ["inbox/new.xml"]
        assert source.next() is None


@pytest.mark.req("D89")
async def test_files_that_came_while_the_daemon_was_down_start_runs(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    async with open_watchhouse(tmp_path, clock) as house:
        await add(house)
        await look(house, await open_source(house))
    put(tmp_path, "night.xml")
    async with open_watchhouse(tmp_path, clock) as house:
        await look(house, await open_source(house))
        assert paths(house) == ["inbox/night.xml"]
    async with open_watchhouse(tmp_path, clock) as house:
        await look(house, await open_source(house))
        assert len(paths(house)) == 1


@pytest.mark.parametrize(
    ("change", "runs"), [("created", ["b"]), ("changed", ["a"]), ("deleted", ["c"])]
)
async def test_each_start_hears_its_own_kind_of_change(
    tmp_path: Path, change: str, runs: list[str]
) -> None:
    put(tmp_path, "a.xml")
    gone = put(tmp_path, "c.xml")
    async with open_watchhouse(tmp_path) as house:
        await add(house, change)
        source = await open_source(house)
        put(tmp_path, "a.xml", "<longer/>")
        put(tmp_path, "b.xml")
        gone.unlink()
        await look(house, source)
        assert paths(house) == [f"inbox/{name}.xml" for name in runs]


@pytest.mark.req("F25")
async def test_a_file_replaced_by_rename_counts_as_changed(tmp_path: Path) -> None:
    put(tmp_path, "a.xml")
    async with open_watchhouse(tmp_path) as house:
        await add(house, "changed")
        source = await open_source(house)
        put(tmp_path, "a.tmp", "<new/>").replace(tmp_path / "inbox" / "a.xml")
        await look(house, source)
        assert paths(house) == ["inbox/a.xml"]


@pytest.mark.req("F25")
async def test_five_hundred_files_at_once_start_five_hundred_runs(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await add(house)
        source = await open_source(house)
        for number in range(500):
            put(tmp_path, f"{number:03d}.xml")
        await look(house, source)
        assert len(set(paths(house))) == 500


async def test_links_are_not_followed(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await add(house)
        source = await open_source(house)
        put(tmp_path, "real.xml")
        (tmp_path / "inbox" / "link.xml").symlink_to("/etc/hostname")
        await look(house, source)
        assert paths(house) == ["inbox/real.xml"]


async def test_a_move_in_a_watched_folder_is_told_at_once(tmp_path: Path) -> None:
    moved = asyncio.Event()
    put(tmp_path, "a.xml")
    folders = Folders(tmp_path, FakeClock(), lambda: ["inbox/*.xml"], moved.set)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(folders.run())
        # Told once when watching begins: nothing falls between the last look and the first watch.
        await until(moved.is_set)
        moved.clear()
        put(tmp_path, "b.xml")
        await until(moved.is_set)
        watching.cancel()


async def test_nothing_is_watched_until_a_pattern_comes(tmp_path: Path) -> None:
    moved, patterns = asyncio.Event(), list[str]()
    folders = Folders(tmp_path, FakeClock(), lambda: patterns, moved.set)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(folders.run())
        put(tmp_path, "a.xml")
        await asyncio.sleep(0.1)
        assert not moved.is_set()
        patterns.append("inbox/*.xml")
        folders.changed()
        await until(moved.is_set)
        moved.clear()
        put(tmp_path, "b.xml")
        await until(moved.is_set)
        watching.cancel()


def test_only_the_outermost_existing_folders_are_watched(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    patterns = ["a/*.txt", "a/b/*.txt", "a/missing/*.txt"]
    assert folders_of(tmp_path, patterns) == [tmp_path / "a"]
    assert folders_of(tmp_path, ["a/**/*.txt", "top.yaml"]) == [tmp_path]
    assert folders_of(tmp_path, []) == []
