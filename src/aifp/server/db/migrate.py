"""Bring a database file to the newest schema, or refuse it, in one transaction a step."""

import sqlite3

import aiosqlite

from aifp.schemas.errors import Unavailable
from aifp.server.db.queries import Migration, load_migrations


async def migrate(connection: aiosqlite.Connection, database: str) -> None:
    """Apply every migration that is newer than the file."""
    current = await _version(connection)
    migrations = load_migrations(database)
    newest = migrations[-1].version
    if current > newest:
        raise Unavailable(
            f"{database}.db has schema {current}, this aifp knows {newest}. "
            "Install the newer aifp that wrote it; nothing was changed."
        )
    for step in migrations:
        if step.version > current:
            await _apply(connection, step)


async def _version(connection: aiosqlite.Connection) -> int:
    async with connection.execute("PRAGMA user_version") as cursor:
        row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def _apply(connection: aiosqlite.Connection, step: Migration) -> None:
    await connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements(step.script):
            await connection.execute(statement)
        await connection.execute(
            "INSERT INTO schema_version (version, applied_at, checksum)"
            " VALUES (?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?)",
            (step.version, step.checksum),
        )
        await connection.execute(f"PRAGMA user_version = {step.version:d}")
    except BaseException:
        await connection.rollback()
        raise
    await connection.commit()


def statements(script: str) -> list[str]:
    """Split a script into statements; executescript would commit between them."""
    found: list[str] = []
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return [text for text in found if text.strip()]
