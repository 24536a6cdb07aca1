import asyncio
import shlex
import shutil
import sqlite3
import sys
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


READ_ONLY = """
import asyncio, sys
from pathlib import Path
from aifp.schemas.errors import Unavailable
from aifp.server.db.connection import open_database

async def main(folder: Path) -> None:
    async with open_database(folder / "project.db", "project") as db:
        row = await db.one("project")
        assert row is not None and row["name"] == "home"
        assert row == await db.one("project")
        await refused(db)
    async with open_database(folder / "user_directives.db", "user_directives") as db:
        assert await db.all("watched_directives") == []
        await refused(db)

async def refused(db) -> None:
    try:
        async with db.write():
            raise SystemExit("written")
    except Unavailable as refusal:
        assert "read-only" in str(refusal), refusal

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.req("F07")
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
async def test_a_read_only_disk_is_read_and_writes_say_why(tmp_path: Path) -> None:
    path = given_file(tmp_path)
    async with open_database(path, "project") as db, db.write() as writer:
        await writer.run("add_project", **PROJECT)
    folder = shlex.quote(str(path.parent))
    script = (
        f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder} || exit 77;"
        f" exec {shlex.quote(sys.executable)} -c {shlex.quote(READ_ONLY)} {folder}"
    )
    running = await asyncio.create_subprocess_exec(
        "unshare", "-rm", "sh", "-c", script, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, told = await running.communicate()
    if running.returncode == 77 or b"unshare failed" in told:
        pytest.skip("this machine lets nobody mount")
    assert running.returncode == 0, told.decode()


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
