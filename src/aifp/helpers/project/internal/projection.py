"""project.db follows user_directives.db: each message of the outbox is taken in once, in order.

Two files cannot be committed together. A message is taken in, and noted as such, by one commit of
project.db; a second one marks it as arrived. Whoever dies in between leaves a message that is sent
again and known already.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from glob import escape

from aifp.helpers.project.internal.code_rows import (
    Sources,
    is_known,
    load_source,
    store_code,
    store_source,
)
from aifp.helpers.project.internal.path_rows import status_of_all, store_path
from aifp.helpers.project.internal.source_reading import FunctionSource
from aifp.helpers.shared.outbox import tell_directive, tell_source
from aifp.schemas.common import Record
from aifp.schemas.errors import AifpError
from aifp.schemas.instants import to_text
from aifp.schemas.outbox import OutboxEntry
from aifp.schemas.ports import Ctx, Reader, Row, Writer

# Messages of one transaction; no other writer waits long.
BATCH = 50

logger = logging.getLogger(__name__)


class Message(Record):
    """One row of the outbox."""

    id: int
    at: str
    entry: OutboxEntry | None


def _nothing() -> None:
    """Stand where a test lets the process die."""


async def catch_up(ctx: Ctx, *, look: bool = False) -> None:
    """Take in what waits before somebody reads; what cannot be written now comes later."""
    if await ctx.project.one("project") is None:
        return
    try:
        await project_changes(ctx)
        if look:
            await look_for_files(ctx)
    except AifpError as fault:
        logger.warning("project.db is behind: %s", fault)


async def project_changes(ctx: Ctx, between: Callable[[], None] = _nothing) -> int:
    """Take in every waiting message; return how many were new."""
    taken = 0
    while messages := _read(await ctx.directives.all("messages_waiting", limit=BATCH)):
        sources = await _sources(ctx, ctx.project, messages)
        async with ctx.project.write() as db:
            taken += await _take_in(ctx, db, messages, sources)
        between()
        await _note_arrival(ctx, messages[-1].id)
    return taken


async def rebuild(ctx: Ctx) -> int:
    """Throw the projected rows away and take every message in again; notes stay."""
    taken = last = 0
    # In one transaction: a reader sees no half of it, a crash leaves what was there, and a new
    # message is not taken in before an old one.
    async with ctx.project.write() as db:
        await db.run("forget_applied")
        await db.run("forget_files")
        await db.run("forget_items")
        await db.run("forget_tasks")
        await db.run("settle_stages")
        await db.run("set_user_directives_status", status=None, at=to_text(ctx.clock.now()))
        while messages := _read(
            await ctx.directives.all("messages_after", after=last, limit=BATCH)
        ):
            sources = await _sources(ctx, db, messages)
            taken += await _take_in(ctx, db, messages, sources)
            last = messages[-1].id
    if taken:
        await _note_arrival(ctx, last)
    return taken


async def _note_arrival(ctx: Ctx, newest: int) -> None:
    async with ctx.directives.write() as db:
        await db.run("messages_arrived", id=newest, at=to_text(ctx.clock.now()))


async def is_in_step(ctx: Ctx) -> bool:
    """Say whether project.db has heard what it is said to have heard, and nothing else."""
    sent = await ctx.directives.one("newest_messages") or {}
    heard = await ctx.project.one("newest_applied") or {}
    newest, arrived = int(sent.get("newest") or 0), int(sent.get("arrived") or 0)
    return arrived <= int(heard.get("outbox_id") or 0) <= newest


async def tell_what_was_never_told(ctx: Ctx) -> None:
    """Tell of directives and files that are older than the outbox."""
    directives = await ctx.directives.all("never_told")
    sources = await ctx.directives.all("sources_never_told")
    if not directives and not sources:
        return
    async with ctx.directives.write() as db:
        for row in sources:
            await tell_source(db, ctx.clock.now(), str(row["path"]))
        for row in directives:
            await tell_directive(db, ctx.clock.now(), int(row["id"] or 0))


async def look_for_files(ctx: Ctx) -> None:
    """Note which known files are on disk."""
    rows = await ctx.project.all("files_to_look_for")
    news = [(row, there) for row in rows if (there := await _is_there(ctx, row)) is not None]
    changed = [(row, there) for row, there in news if bool(row["exists_on_disk"]) != there]
    if not changed:
        return
    async with ctx.project.write() as db:
        for row, there in changed:
            await db.run("note_presence", id=row["id"], exists_on_disk=int(there))


async def _is_there(ctx: Ctx, row: Row) -> bool | None:
    try:
        return bool(await ctx.files.find(escape(str(row["path"]))))
    except AifpError:
        return None


def _read(rows: Iterable[Row]) -> list[Message]:
    return [
        Message(id=int(row["id"] or 0), at=str(row["created_at"]), entry=_entry(row))
        for row in rows
    ]


def _entry(row: Row) -> OutboxEntry | None:
    """Read a message; one that somebody wrote by hand must not hold up those behind it."""
    try:
        return OutboxEntry.model_validate_json(str(row["payload_json"]))
    except ValueError as fault:
        logger.warning("message %s to project.db cannot be read: %s", row["id"], fault)
        return None


async def _take_in(ctx: Ctx, db: Writer, messages: list[Message], sources: Sources) -> int:
    taken = 0
    for message in messages:
        if await db.one("is_applied", outbox_id=message.id) is None:
            await _apply(db, message, sources)
            at = to_text(ctx.clock.now())
            await db.run("note_applied", outbox_id=message.id, at=at)
            taken += 1
    if taken:
        await db.run("settle_stages")
    return taken


async def _apply(db: Writer, message: Message, sources: Sources) -> None:
    entry = message.entry
    if entry is None:
        return
    if entry.source is not None:
        await store_source(db, message.at, entry.source)
    if entry.directive is not None:
        if not await is_known(db, entry.directive):
            await store_code(db, message.at, entry.directive, sources)
        await store_path(db, message.at, entry.directive)
        status = status_of_all(entry.counts)
        await db.run("set_user_directives_status", status=status, at=message.at)


async def _sources(ctx: Ctx, db: Reader, messages: Iterable[Message]) -> Sources:
    """Read the files of all directives, where the code of one is not noted as it is told."""
    entries = [one.entry for one in messages if one.entry is not None]
    told = [entry.directive for entry in entries if entry.directive is not None]
    # One message may change a file that the directive of a later one has, too: all or none.
    if all([await is_known(db, facts) for facts in told]):
        return {}
    read: dict[str, list[FunctionSource]] = {}
    for facts in told:
        for file in facts.code.files if facts.code else []:
            if file.sha256 not in read:
                read[file.sha256] = await load_source(ctx, file)
                # Reading is all work and no waiting: others get their turn between files.
                await asyncio.sleep(0)
    return read
