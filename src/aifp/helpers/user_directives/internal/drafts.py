"""Directives of a file as rows: new ones become drafts, unchanged ones stay untouched."""

import json
from collections.abc import Sequence
from pathlib import PurePosixPath

from aifp.helpers.shared.events import Change, record_event
from aifp.helpers.shared.hashing import sha256_of
from aifp.helpers.shared.outbox import tell_source
from aifp.helpers.user_directives.internal.answers import keep_questions
from aifp.helpers.user_directives.internal.dependency_detection import (
    keep_dependencies,
    needs_of_reading,
)
from aifp.helpers.user_directives.internal.parsing import error_problems
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row, SqlValue, Writer
from aifp.schemas.reading import Draft, FileSettings, Interpretation
from aifp.schemas.subjects import Subject
from aifp.schemas.workflow import Dependency, DirectiveFile

# In these states nothing was made from the text yet, so that a new text simply replaces it.
REPLACEABLE = frozenset({"draft", "validated"})


async def store_file(ctx: Ctx, read: DirectiveFile) -> list[str]:
    """Store what a file brings; return what the user should know about it."""
    rows = {str(row["name"]): row for row in await _rows(ctx, read.file.source_file)}
    good = [pair for pair in read.readings if not error_problems(pair[1].problems)]
    new = [pair for pair in good if _is_new(rows.get(pair[0].name), *pair, read.file.settings)]
    notes = [note for pair in good if (note := _note(rows.get(pair[0].name), *pair))]
    known = await ctx.directives.one("source_file_by_path", path=read.file.source_file)
    if new or (known is not None and known["sha256"] != read.file.sha256):
        needs = [await needs_of_reading(ctx, reading) for _, reading in new]
        async with ctx.directives.write() as db:
            await _store_source(ctx, db, read, known)
            for (draft, reading), needed in zip(new, needs, strict=True):
                await store_draft(ctx, db, read, draft, reading, needed)
    return notes


async def _rows(ctx: Ctx, source_file: str) -> list[Row]:
    return await ctx.directives.all("drafts_of_file", source_file=source_file)


def _is_new(row: Row | None, draft: Draft, reading: Interpretation, settings: FileSettings) -> bool:
    if row is None:
        return True
    if row["status"] not in REPLACEABLE:
        return False
    return draft_json(draft, settings) != row["draft_json"] and not _same(row, reading)


def _note(row: Row | None, draft: Draft, reading: Interpretation) -> str | None:
    if row is None or row["status"] in REPLACEABLE or _same(row, reading):
        return None
    if row["status"] == "archived":
        return f"{draft.name} is archived and stays so; user_directive_update takes it back."
    return f"{draft.name} is {row['status']} and has changed; user_directive_update applies it."


def _same(row: Row, reading: Interpretation) -> bool:
    """Say whether a text still means what was validated."""
    if row["canonical_sha256"] is None or reading.canonical is None:
        return False
    return row["canonical_sha256"] == sha256_of(reading.canonical.canonical())


def draft_json(draft: Draft, settings: FileSettings) -> str:
    """Return a draft with the settings of its file, as it is stored."""
    return json.dumps({"draft": draft.wire(), "settings": settings.wire()}, sort_keys=True)


async def _store_source(ctx: Ctx, db: Writer, read: DirectiveFile, known: Row | None) -> None:
    file = read.file
    problems = error_problems([*file.problems, *(p for _, r in read.readings for p in r.problems)])
    await db.run(
        "store_source_file",
        path=file.source_file,
        set_name=str(known["set_name"]) if known else await _set_name(db, file.source_file),
        format=file.format,
        sha256=file.sha256,
        timezone=file.settings.timezone,
        settings_json=json.dumps(file.settings.wire(), sort_keys=True),
        parse_status="error" if problems else "parsed",
        parse_error=str(problems[0]) if problems else None,
        directive_count=len(read.readings),
        at=to_text(ctx.clock.now()),
    )
    await tell_source(db, ctx.clock.now(), file.source_file)


async def _set_name(db: Writer, path: str) -> str:
    """Return the name of a file's set: its stem, or its whole path when that is taken."""
    stem = PurePosixPath(path).stem
    return path if await db.one("source_file_by_set", set_name=stem) else stem


async def store_draft(
    ctx: Ctx,
    db: Writer,
    read: DirectiveFile,
    draft: Draft,
    reading: Interpretation,
    needs: Sequence[Dependency] | None,
) -> int:
    """Insert a directive, or put a new text in the place of the old one; it is a draft again."""
    at = to_text(ctx.clock.now())
    before = await db.one("draft_by_name", name=draft.name)
    query_row = await db.one("store_draft", **_columns(read, draft, reading), at=at)
    directive_id = int(str(query_row["id"])) if query_row else 0
    await keep_questions(db, directive_id, draft, reading.questions, at)
    await keep_dependencies(db, ctx.clock.now(), directive_id, needs)
    subject = Subject(kind="directive", id=str(directive_id), name=draft.name)
    change = Change(
        event_type="directive_parsed" if before is None else "directive_changed",
        from_status=str(before["status"]) if before else None,
        to_status="draft",
    )
    await record_event(db, ctx.clock.now(), subject, ctx.actor, change)
    return directive_id


def _columns(read: DirectiveFile, draft: Draft, reading: Interpretation) -> dict[str, SqlValue]:
    canonical = reading.canonical
    return {
        "name": draft.name,
        "source_file": read.file.source_file,
        "source_format": read.file.format,
        "source_index": draft.index,
        "directive_type": reading.type,
        "trigger": reading.trigger,
        "action": reading.action,
        "draft_json": draft_json(draft, read.file.settings),
        "raw_content": draft.raw_content,
        "description": canonical.description if canonical else None,
        "domain": canonical.domain if canonical else None,
        "priority": canonical.priority if canonical else 0,
        "timezone": reading.timezone,
    }
