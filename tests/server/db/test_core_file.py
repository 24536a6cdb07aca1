"""aifp_core.db: built from helpers_parsed.json alone, whole or not at all, and then only read."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aifp.schemas.catalog import Catalog, HelperEntry
from aifp.schemas.errors import Unavailable
from aifp.server.catalog.load import load_catalog, registered_tools, tools_of
from aifp.server.db import core_file
from aifp.server.db.core_file import NAME, build_core, fits, present_core
from aifp.server.db.core_rows import CATALOG_FILE
from aifp.server.db.shipped import open_shipped


def catalog_text(change: Callable[[Catalog], Catalog] = lambda catalog: catalog) -> bytes:
    return change(load_catalog()).model_dump_json().encode()


def without(name: str) -> Callable[[Catalog], Catalog]:
    def change(catalog: Catalog) -> Catalog:
        kept = tuple(entry for entry in catalog.helpers if entry.name != name)
        return catalog.model_copy(update={"helpers": kept})

    return change


def with_a_twin(catalog: Catalog) -> Catalog:
    return catalog.model_copy(update={"helpers": (*catalog.helpers, catalog.helpers[0])})


def without_parse(catalog: Catalog) -> Catalog:
    return catalog.model_copy(update={"directives": catalog.directives[1:]})


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(path)  # noqa: TID251
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


@pytest.mark.req("D67")
async def test_two_builds_are_equal_byte_by_byte(tmp_path: Path) -> None:
    for name in ("one.db", "two.db", "two.db"):
        await build_core(catalog_text(), tmp_path / name)
    assert (tmp_path / "one.db").read_bytes() == (tmp_path / "two.db").read_bytes()
    assert names_in(tmp_path) == ["one.db", "two.db"]


@pytest.mark.req("D67")
async def test_a_removed_entry_is_gone_from_the_database(tmp_path: Path) -> None:
    target = tmp_path / "core.db"
    await build_core(catalog_text(), target)
    await build_core(catalog_text(without("get_alerts")), target)
    async with open_shipped(target, NAME) as core:
        names = [entry.name for entry in await registered_tools(core)]
    assert "get_alerts" not in names
    assert names == [e.name for e in tools_of(load_catalog()) if e.name != "get_alerts"]


@pytest.mark.req("D67")
async def test_the_rows_say_of_every_tool_what_the_file_says(tmp_path: Path) -> None:
    await build_core(catalog_text(), tmp_path / "core.db")
    async with open_shipped(tmp_path / "core.db", NAME) as core:
        assert await registered_tools(core) == tools_of(load_catalog())


@pytest.mark.req("D67")
async def test_every_helper_has_a_whole_row(tmp_path: Path) -> None:
    await build_core(catalog_text(), tmp_path / "core.db")
    found = rows(tmp_path / "core.db", "SELECT name, is_tool FROM helper_functions ORDER BY id")
    assert found == [(e.name, int(e.is_tool)) for e in load_catalog().helpers]
    empty = "purpose = '' OR error_handling = '' OR used_by = '' OR content_hash = ''"
    assert rows(tmp_path / "core.db", f"SELECT name FROM helper_functions WHERE {empty}") == []
    package = CATALOG_FILE.parent
    paths = {
        path for (path,) in rows(tmp_path / "core.db", "SELECT file_path FROM helper_functions")
    }
    assert [path for path in paths if not (package / path).is_file()] == []


@pytest.mark.req("D67")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("parse_directive_file"), "parse_directive_file, which is no helper"),
        (with_a_twin, "stands twice"),
        (without_parse, "comes after user_directive_parse, which is not before it"),
    ],
)
async def test_a_file_that_contradicts_itself_is_refused_and_the_old_one_stays(
    change: Callable[[Catalog], Catalog], words: str, tmp_path: Path
) -> None:
    target = tmp_path / "core.db"
    await build_core(catalog_text(), target)
    before = target.read_bytes()
    with pytest.raises(Unavailable, match=words):
        await build_core(catalog_text(change), target)
    assert target.read_bytes() == before
    assert names_in(tmp_path) == [target.name]


async def test_a_file_that_is_no_catalog_is_refused_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"python sync-directives\.py"):
        await build_core(b'{"format": 2}', tmp_path / "core.db")
    assert names_in(tmp_path) == []


async def test_a_build_that_breaks_off_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "core.db"
    await build_core(catalog_text(), target)

    def broken(row: object) -> HelperEntry:
        raise OSError("no space left")

    monkeypatch.setattr(core_file, "entry_of", broken)
    with pytest.raises(OSError, match="no space left"):
        await build_core(catalog_text(), target)
    assert names_in(tmp_path) == [target.name]


@pytest.mark.req("D78")
async def test_nobody_writes_through_the_open_file(tmp_path: Path) -> None:
    await build_core(catalog_text(), tmp_path / "core.db")
    async with open_shipped(tmp_path / "core.db", NAME) as core:
        assert not hasattr(core, "write")
        with pytest.raises(Unavailable, match="cannot be written"):
            await core.all("add_core_version", version=9, sha256="0" * 64)
    assert await fits(tmp_path / "core.db", core_file.sha256_of_catalog(catalog_text()))


async def test_a_file_that_fits_is_used_where_it_was_shipped(tmp_path: Path) -> None:
    shipped = tmp_path / "aifp_core.db"
    await build_core(CATALOG_FILE.read_bytes(), shipped)
    assert await present_core(CATALOG_FILE, shipped, tmp_path / "cache") == shipped
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("state", ["missing", "older", "damaged"])
async def test_a_fresh_checkout_gets_its_own_file_in_the_cache(state: str, tmp_path: Path) -> None:
    shipped, cache = tmp_path / "aifp_core.db", tmp_path / "cache"
    if state == "older":
        await build_core(catalog_text(without("get_alerts")), shipped)
    if state == "damaged":
        shipped.write_bytes(b"SQLite format 3\x00 and then nothing")
    first = await present_core(CATALOG_FILE, shipped, cache)
    written = first.stat().st_mtime_ns
    assert first.parent == cache
    assert await present_core(CATALOG_FILE, shipped, cache) == first
    assert first.stat().st_mtime_ns == written
    async with open_shipped(first, NAME) as core:
        assert await registered_tools(core) == tools_of(load_catalog())


async def test_daemons_that_start_at_once_share_one_file(tmp_path: Path) -> None:
    starts = [present_core(CATALOG_FILE, tmp_path / "none.db", tmp_path / "c") for _ in range(4)]
    found = await asyncio.gather(*starts)
    assert len(set(found)) == 1
    assert names_in(tmp_path / "c") == [found[0].name]


async def test_a_cache_that_takes_no_file_is_named_with_the_command(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match=r"sync-directives\.py"):
        await present_core(CATALOG_FILE, tmp_path / "none.db", tmp_path / "cache")


async def test_the_cache_keeps_the_newest_files_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_file, "KEPT", 2)
    made: list[str] = []
    for name in ("get_alerts", "get_run", "cancel_run"):
        text = tmp_path / f"{name}.json"
        text.write_bytes(catalog_text(without(name)))
        last = await present_core(text, tmp_path / "none.db", tmp_path / "cache")
        made.append(last.name)
    assert names_in(tmp_path / "cache") == sorted(made[1:])
