import asyncio
import sqlite3
import threading
from pathlib import Path

import aiosqlite
import pytest

from aifp.schemas.errors import Unavailable
from aifp.server.db.connection import SqliteDatabase, open_database
from aifp.server.db.migrate import statements
from aifp.server.db.writer import GroupCommit

PROJECT = {"name": "home", "at": "2026-01-01T00:00:00.000Z", "timezone": "UTC"}


class Impatient(GroupCommit):
    """Cancels the transaction in line in the very moment its turn comes."""

    in_line: asyncio.Task[None] | None = None

    async def _leave(self) -> None:
        await super()._leave()
        if self.in_line is not None:
            self.in_line.cancel()


def given_file(folder: Path) -> Path:
    return folder / ".aifp-project" / "project.db"


async def test_a_read_before_the_first_write_is_empty_and_makes_no_file(tmp_path: Path) -> None:
    async with open_database(given_file(tmp_path), "project") as db:
        assert await db.one("project") is None
        assert await db.all("project") == []
    assert not given_file(tmp_path).exists()


async def test_the_first_write_makes_a_private_file(tmp_path: Path) -> None:
    async with open_database(given_file(tmp_path), "project") as db:
        async with db.write() as writer:
            await writer.run("add_project", **PROJECT)
        row = await db.one("project")
    assert row is not None
    assert row["name"] == "home"
    assert given_file(tmp_path).stat().st_mode & 0o777 == 0o600


async def test_an_error_undoes_only_its_own_transaction(tmp_path: Path) -> None:
    async with open_database(given_file(tmp_path), "project") as db:
        async with db.write() as writer:
            await writer.run("add_project", **PROJECT)
        with pytest.raises(KeyError):
            async with db.write() as writer:
                await writer.run("set_project_timezone", timezone="Mars/X", at=PROJECT["at"])
                raise KeyError
        row = await db.one("project")
    assert row is not None
    assert row["timezone"] == "UTC"


async def test_waiting_transactions_share_a_commit_and_all_are_durable(tmp_path: Path) -> None:
    path = given_file(tmp_path)
    async with open_database(path, "project") as db:
        async with db.write() as writer:
            await writer.run("add_project", **PROJECT)

        async def rename(number: int) -> None:
            async with db.write() as writer:
                await writer.run("set_project_timezone", timezone=str(number), at=PROJECT["at"])
                if number % 2:
                    raise LookupError(number)

        outcomes = await asyncio.gather(*map(rename, range(101)), return_exceptions=True)
    assert [isinstance(o, LookupError) for o in outcomes] == [bool(n % 2) for n in range(101)]
    with sqlite3.connect(path) as plain:  # noqa: TID251
        assert plain.execute("SELECT timezone FROM project").fetchone() == ("100",)
    plain.close()


async def test_a_cancelled_transaction_leaves_the_writer_usable(tmp_path: Path) -> None:
    async with open_database(given_file(tmp_path), "project") as db:
        async with db.write() as writer:
            await writer.run("add_project", **PROJECT)
        entered = asyncio.Event()

        async def hang() -> None:
            async with db.write() as writer:
                await writer.run("set_project_timezone", timezone="lost", at=PROJECT["at"])
                entered.set()
                await asyncio.Event().wait()

        async with asyncio.TaskGroup() as group:
            task = group.create_task(hang())
            await entered.wait()
            task.cancel()
        async with db.write() as writer:
            await writer.run("set_project_timezone", timezone="kept", at=PROJECT["at"])
        row = await db.one("project")
    assert row is not None
    assert row["timezone"] == "kept"


async def test_a_transaction_cancelled_at_its_turn_holds_up_nobody(tmp_path: Path) -> None:
    async with aiosqlite.connect(tmp_path / "x.db", isolation_level=None) as connection:
        writer = Impatient(connection, {})
        inside, leave = asyncio.Event(), asyncio.Event()

        async def first() -> None:
            async with writer.transaction():
                inside.set()
                await leave.wait()

        async def second() -> None:
            async with writer.transaction():
                pass

        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            group.create_task(first())
            await inside.wait()
            writer.in_line = group.create_task(second())
            await asyncio.sleep(0)
            leave.set()
        assert writer.in_line.cancelled()
        assert not connection.in_transaction


@pytest.mark.parametrize("how", ["removed", "replaced"])
async def test_a_write_to_a_file_that_is_gone_is_not_acknowledged(tmp_path: Path, how: str) -> None:
    path = given_file(tmp_path)
    async with open_database(path, "project") as db:
        async with db.write() as writer:
            await writer.run("add_project", **PROJECT)
        kept = path.rename(path.with_suffix(".kept"))
        if how == "replaced":
            path.touch()
        with pytest.raises(Unavailable, match="removed or replaced"):
            async with db.write() as writer:
                await writer.run("set_project_timezone", timezone="lost", at=PROJECT["at"])
        kept.replace(path)
        async with db.write() as writer:
            await writer.run("set_project_timezone", timezone="kept", at=PROJECT["at"])


async def test_an_opening_that_fails_leaves_no_connection_behind(tmp_path: Path) -> None:
    path = given_file(tmp_path)
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 100)
    database = SqliteDatabase(path, "project")
    before = threading.active_count()
    for _ in range(9):
        with pytest.raises(Unavailable, match="damaged"):
            await database.one("project")
    # Each connection has a thread, and the last ones may still be ending.
    assert threading.active_count() < before + 9


async def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = given_file(tmp_path)
    path.parent.mkdir()
    plain = sqlite3.connect(path)  # noqa: TID251
    plain.execute("PRAGMA user_version = 999")
    plain.close()
    before = path.read_bytes()
    database = SqliteDatabase(path, "project")
    with pytest.raises(Unavailable, match="schema 999"):
        await database.one("project")
    await database.close()
    assert path.read_bytes()[:100] == before[:100] or path.stat().st_size >= len(before)


async def test_a_damaged_file_is_named_and_kept(tmp_path: Path) -> None:
    path = given_file(tmp_path)
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 100)
    database = SqliteDatabase(path, "project")
    with pytest.raises(Unavailable, match="damaged"):
        async with database.write():
            pass
    await database.close()
    assert path.read_bytes() == b"not a database at all" * 100


def test_statements_are_split_where_they_end() -> None:
    assert statements("CREATE TABLE a (\n b);\nINSERT INTO a VALUES (';');\n") == [
        "CREATE TABLE a (\n b);\n",
        "INSERT INTO a VALUES (';');\n",
    ]
