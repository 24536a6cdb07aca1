"""The single writer of one database file: transactions wait in line and share commits."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiosqlite

from aifp.schemas.ports import Row, SqlValue, Writer

# Past this many transactions the batch is committed even though more are waiting, so that
# the first one in line never waits long for its fsync.
MAX_BATCH = 64

T = TypeVar("T")


class TransactionWriter:
    """Runs the named queries on the writing connection, inside the open transaction."""

    def __init__(self, connection: aiosqlite.Connection, queries: dict[str, str]) -> None:
        self._connection = connection
        self._queries = queries

    async def one(self, query: str, /, **params: SqlValue) -> Row | None:
        """Return the first row, or None."""
        rows = await self._connection.execute_fetchall(self._queries[query], params)
        return next((dict(row) for row in rows), None)

    async def all(self, query: str, /, **params: SqlValue) -> list[Row]:
        """Return every row."""
        rows = await self._connection.execute_fetchall(self._queries[query], params)
        return [dict(row) for row in rows]

    async def run(self, query: str, /, **params: SqlValue) -> int:
        """Run a statement and return the number of rows it touched."""
        cursor = await self._connection.execute(self._queries[query], params)
        return cursor.rowcount


class GroupCommit:
    """Lets transactions in one at a time and commits those that follow each other together.

    Each transaction is a savepoint of the running batch. It is acknowledged only after the
    COMMIT (synchronous=FULL), so what a caller has seen return survives a kill -9.
    """

    def __init__(self, connection: aiosqlite.Connection, queries: dict[str, str]) -> None:
        self._connection = connection
        self._writer = TransactionWriter(connection, queries)
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._members = 0
        self._inside = False
        self._batch: asyncio.Future[None] | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Writer]:
        """Open a transaction; committed durably on leaving, undone alone on error."""
        await self._take_turn()
        try:
            batch = await _whole(self._begin())
            try:
                yield self._writer
            except BaseException:
                await _whole(self._undo())
                raise
        finally:
            await _whole(self._leave())
        await asyncio.shield(batch)

    async def _take_turn(self) -> None:
        self._waiting += 1
        try:
            await self._turn.acquire()
        except asyncio.CancelledError:
            self._waiting -= 1
            await self._give_turn_up()
            raise
        self._waiting -= 1

    async def _give_turn_up(self) -> None:
        """Commit what was left open for a transaction that is gone before it came in."""
        if self._batch is not None and not self._waiting and not self._turn.locked():
            await self._turn.acquire()
            await _whole(self._leave())

    async def _begin(self) -> "asyncio.Future[None]":
        if self._batch is None:
            # One trip to the connection's thread; nothing is open that a script would commit.
            await self._connection.executescript("BEGIN IMMEDIATE; SAVEPOINT member")
            self._batch = asyncio.get_running_loop().create_future()
            self._batch.add_done_callback(_hear)
            self._members = 0
        else:
            await self._connection.execute("SAVEPOINT member")
        self._members += 1
        self._inside = True
        return self._batch

    async def _undo(self) -> None:
        # A full disk or an I/O error has already rolled the whole batch back.
        if self._connection.in_transaction:
            await self._connection.execute("ROLLBACK TO member")

    async def _leave(self) -> None:
        inside, self._inside = self._inside, False
        try:
            if self._batch is not None and self._is_time():
                # A COMMIT takes the open savepoint with it.
                await self._commit(self._batch)
            elif inside:
                await self._connection.execute("RELEASE member")
        finally:
            self._turn.release()

    def _is_time(self) -> bool:
        lost = not self._connection.in_transaction
        return lost or not self._waiting or self._members >= MAX_BATCH

    async def _commit(self, batch: "asyncio.Future[None]") -> None:
        self._batch = None
        try:
            await self._connection.execute("COMMIT")
        except sqlite3.Error as fault:
            await self._connection.rollback()
            batch.set_exception(fault)
        else:
            batch.set_result(None)


def _hear(batch: "asyncio.Future[None]") -> None:
    """Take note of a failed commit even if every member of the batch was cancelled."""
    if not batch.cancelled():
        batch.exception()


async def _whole(work: Coroutine[Any, Any, T]) -> T:
    """Finish the work even when the caller is cancelled meanwhile, then pass that on."""
    task = asyncio.ensure_future(work)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            raise
        except sqlite3.Error:
            break
    return task.result()
