"""A database that is shipped: made once and whole, then only read."""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import aiosqlite

from aifp.schemas.errors import Unavailable
from aifp.schemas.ports import Row, SqlValue, Writer
from aifp.server.db.faults import named_faults
from aifp.server.db.migrate import statements
from aifp.server.db.queries import load_migrations, load_queries
from aifp.server.db.writer import TransactionWriter

# What decides over the bytes of a file is said and not left to how SQLite was compiled.
MADE_WITH = (
    "PRAGMA page_size = 4096",
    "PRAGMA encoding = 'UTF-8'",
    "PRAGMA auto_vacuum = NONE",
    "PRAGMA foreign_keys = ON",
)


class ShippedDatabase:
    """Runs the named queries of a file that nobody changes while it is open."""

    def __init__(self, connection: aiosqlite.Connection, path: Path, name: str) -> None:
        self._connection, self._path = connection, path
        self._queries = load_queries(name)

    async def one(self, query: str, /, **params: SqlValue) -> Row | None:
        """Return the first row, or None."""
        rows = await self.all(query, **params)
        return rows[0] if rows else None

    async def all(self, query: str, /, **params: SqlValue) -> list[Row]:
        """Return every row."""
        with named_faults(self._path):
            rows = await self._connection.execute_fetchall(self._queries[query], params)
        return [dict(row) for row in rows]


@asynccontextmanager
async def open_shipped(path: Path, name: str) -> AsyncGenerator[ShippedDatabase]:
    """Offer a shipped file for reading; SQLite itself refuses to write through it."""
    uri = f"file:{quote(path.as_posix())}?mode=ro&immutable=1"
    with named_faults(path):
        connection = await aiosqlite.connect(uri, uri=True, isolation_level=None)
    try:
        connection.row_factory = aiosqlite.Row
        yield ShippedDatabase(connection, path, name)
    finally:
        await connection.close()


@asynccontextmanager
async def new_shipped(folder: Path, name: str) -> AsyncGenerator[tuple[Path, Writer]]:
    """Make a new file of one database beside where it shall lie; a failure leaves nothing."""
    descriptor, place = tempfile.mkstemp(prefix=f".{name}-", suffix=".part", dir=folder)
    os.close(descriptor)
    path = Path(place)
    try:
        with named_faults(path):
            async with aiosqlite.connect(path, isolation_level=None) as connection:
                yield path, await _prepared(connection, name)
                await _finish(connection, path)
    except BaseException:
        await asyncio.to_thread(path.unlink, missing_ok=True)
        raise


async def _prepared(connection: aiosqlite.Connection, name: str) -> Writer:
    connection.row_factory = aiosqlite.Row
    for pragma in MADE_WITH:
        await connection.execute(pragma)
    await connection.execute("BEGIN IMMEDIATE")
    for step in load_migrations(name):
        for statement in statements(step.script):
            await connection.execute(statement)
    return TransactionWriter(connection, load_queries(name))


async def _finish(connection: aiosqlite.Connection, path: Path) -> None:
    """Commit, write the file anew without gaps, and look whether it is whole."""
    await connection.execute("COMMIT")
    await connection.execute("VACUUM")
    found = [*await connection.execute_fetchall("PRAGMA integrity_check")]
    loose = [*await connection.execute_fetchall("PRAGMA foreign_key_check")]
    if [tuple(row) for row in found] != [("ok",)] or loose:
        raise Unavailable(f"{path} was not written whole; check the disk and try again.")
