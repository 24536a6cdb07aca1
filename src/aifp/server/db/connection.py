"""One SQLite file: many readers, one writer; made on the first write."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiosqlite

from aifp.schemas.errors import Unavailable
from aifp.schemas.ports import Databases, Row, SqlValue, Writer
from aifp.server.db.core_file import open_core
from aifp.server.db.faults import named_faults
from aifp.server.db.migrate import migrate
from aifp.server.db.queries import load_queries
from aifp.server.db.writer import GroupCommit

PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 30000",
    "PRAGMA synchronous = FULL",
)


class SqliteDatabase:
    """Runs the named queries of one database file."""

    def __init__(self, path: Path, name: str) -> None:
        if str(path) == ":memory:":
            raise ValueError("reader and writer need one file; give a path")
        self._path = path
        self._name = name
        self._queries = load_queries(name)
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._reader: aiosqlite.Connection | None = None
        self._writer: GroupCommit | None = None
        self._place: tuple[int, int] | None = None

    async def one(self, query: str, /, **params: SqlValue) -> Row | None:
        """Return the first row, or None."""
        rows = await self.all(query, **params)
        return rows[0] if rows else None

    async def all(self, query: str, /, **params: SqlValue) -> list[Row]:
        """Return every row; nothing where no file is."""
        sql = self._queries[query]
        if self._reader is None and not await self._open_existing():
            return []
        assert self._reader is not None  # noqa: S101  (_open_existing said so)
        with named_faults(self._path):
            rows = await self._reader.execute_fetchall(sql, params)
        return [dict(row) for row in rows]

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Writer]:
        """Open the single write transaction; durable when left, rolled back on error."""
        if self._writer is None:
            await self._open()
        if self._writer is None:
            raise Unavailable(
                f"{self._path} cannot be written. Check the owner and the permissions of its "
                "folder, and whether its disk is mounted read-only."
            )
        if place_of(self._path) != self._place:
            # What is written now would go to a file without a name, and be lost.
            raise Unavailable(
                f"{self._path} was removed or replaced while it was open. End the daemon with "
                "aifp stop, put the file back, and start again; nothing was written."
            )
        with named_faults(self._path):
            async with self._writer.transaction() as writer:
                yield writer

    async def close(self) -> None:
        """Close both connections; the file stays."""
        await self._stack.aclose()
        self._reader, self._writer = None, None

    async def _open_existing(self) -> bool:
        if self._path.exists():
            await self._open()
        return self._reader is not None

    async def _open(self) -> None:
        async with self._opening:
            if self._writer is None:
                try:
                    with named_faults(self._path):
                        await self._make_connections()
                except BaseException:
                    # The next try must not find, nor leave behind, half of a pair.
                    await self.close()
                    raise

    async def _make_connections(self) -> None:
        if not is_writable(self._path):
            if self._path.exists() and self._reader is None:
                self._reader = await self._read_only()
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        writing = await self._connect(f"file:{self._path.as_posix()}?mode=rw")
        await writing.execute("PRAGMA journal_mode = WAL")
        await migrate(writing, self._name)
        reading = await self._connect(f"file:{self._path.as_posix()}?mode=ro")
        self._reader, self._place = reading, place_of(self._path)
        self._writer = GroupCommit(writing, self._queries)

    async def _read_only(self) -> aiosqlite.Connection:
        """Read a file whose folder takes no file beside it, as WAL would need."""
        log = self._path.with_name(f"{self._path.name}-wal")
        rest = log.exists() and log.stat().st_size
        how = "mode=ro" if rest else "mode=ro&immutable=1"
        return await self._connect(f"file:{self._path.as_posix()}?{how}")

    async def _connect(self, uri: str) -> aiosqlite.Connection:
        connecting: AbstractAsyncContextManager[aiosqlite.Connection] = aiosqlite.connect(
            uri, uri=True, isolation_level=None
        )
        connection = await self._stack.enter_async_context(connecting)
        connection.row_factory = aiosqlite.Row
        for pragma in PRAGMAS:
            await connection.execute(pragma)
        return connection


def is_writable(path: Path) -> bool:
    """Say whether a database file can be written, or made, where it lies."""
    if path.exists() and not os.access(path, os.W_OK):
        return False
    folder = next(parent for parent in path.parents if parent.exists())
    return os.access(folder, os.W_OK)


def place_of(path: Path) -> tuple[int, int] | None:
    """Return which file a path leads to, None when there is none."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return facts.st_dev, facts.st_ino


@asynccontextmanager
async def open_database(path: Path | str, name: str) -> AsyncGenerator[SqliteDatabase]:
    """Offer one database and finally close it; the file is made by the first write."""
    database = SqliteDatabase(Path(path), name)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def open_databases(state: Path) -> AsyncGenerator[Databases]:
    """Offer every database that a project's helpers may ask."""
    async with (
        open_database(state / "user_directives.db", "user_directives") as directives,
        open_database(state / "project.db", "project") as project,
        open_database(state / "user_preferences.db", "user_preferences") as preferences,
        open_core() as core,
    ):
        yield Databases(directives, project, preferences, core)
