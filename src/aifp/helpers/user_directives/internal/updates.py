"""Apply an edited source file: each change becomes a new version, nothing runs unapproved."""

import difflib
import json
from dataclasses import dataclass

from aifp.helpers.contract import internal
from aifp.helpers.user_directives.internal.activation import deactivate_directive
from aifp.helpers.user_directives.internal.approvals import void_approval
from aifp.helpers.user_directives.internal.drafts import draft_json, store_draft, store_file
from aifp.helpers.user_directives.internal.implementing import implement_directive
from aifp.helpers.user_directives.internal.parsing import error_problems, parse_directive_file
from aifp.helpers.user_directives.internal.transitions import (
    Move,
    move_status,
    subject_of_directive,
)
from aifp.helpers.user_directives.internal.validation import validate_user_directive
from aifp.schemas.errors import AifpError, NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.reading import Draft, Interpretation
from aifp.schemas.updating import UpdatedDirective, UpdateReport
from aifp.schemas.words import DirectiveStatus
from aifp.schemas.workflow import DirectiveFile


@dataclass(frozen=True, slots=True)
class Changes:
    """A source file as it reads now, and one directive of it."""

    read: DirectiveFile
    draft: Draft
    reading: Interpretation


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between a file and what is stored of it."""

    changed: list[tuple[Row, Changes]]
    added: list[str]
    removed: list[Row]
    errors: list[str]


async def apply_source(
    ctx: Ctx, name: str | None, file_path: str | None, *, dry_run: bool
) -> UpdateReport:
    """Compare a file with what is stored and, unless dry, bring it about."""
    read = await parse_directive_file(ctx, await _path(ctx, name, file_path))
    found = await _compare(ctx, read, name)
    diff = "\n".join(_difference(row, changes) for row, changes in found.changed)
    changed = [await _apply(ctx, row, change, dry_run=dry_run) for row, change in found.changed]
    if not dry_run:
        await _add_and_remove(ctx, read, found)
    return UpdateReport(
        success=not found.errors,
        dry_run=dry_run,
        changed=changed,
        added=found.added,
        removed=[str(row["name"]) for row in found.removed],
        diff=diff,
        errors=found.errors,
    )


async def _path(ctx: Ctx, name: str | None, file_path: str | None) -> str:
    if file_path is not None:
        return file_path
    row = await ctx.directives.one("source_of_directive", name=name)
    if row is None:
        raise NoSuch(f"There is no directive {name!r}. Name a file_path or a known directive.")
    return str(row["source_file"])


async def _compare(ctx: Ctx, read: DirectiveFile, name: str | None) -> Comparison:
    rows = await ctx.directives.all("drafts_of_file", source_file=read.file.source_file)
    stored = {str(row["name"]): row for row in rows}
    pairs = [pair for pair in read.readings if name in (None, pair[0].name)]
    problems = [*read.file.problems, *(p for _, reading in pairs for p in reading.problems)]
    good = [pair for pair in pairs if not error_problems(pair[1].problems)]
    in_file = {draft.name for draft, _ in read.readings}
    gone = [row for key, row in stored.items() if key not in in_file and name in (None, key)]
    return Comparison(
        changed=[
            (stored[draft.name], Changes(read, draft, reading))
            for draft, reading in good
            if draft.name in stored and _differs(stored[draft.name], read, draft)
        ],
        added=[draft.name for draft, _ in good if draft.name not in stored],
        # A file that cannot be read whole says nothing about what is missing from it.
        removed=[] if error_problems(read.file.problems) else _present(gone),
        errors=[str(problem) for problem in error_problems(problems)],
    )


def _present(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["status"] != "archived"]


def _differs(row: Row, read: DirectiveFile, draft: Draft) -> bool:
    return draft_json(draft, read.file.settings) != row["draft_json"]


def _difference(row: Row, changes: Changes) -> str:
    before = json.loads(str(row["draft_json"]))["draft"]["raw_content"]
    lines = difflib.unified_diff(
        str(before).splitlines(),
        changes.draft.raw_content.splitlines(),
        f"stored/{changes.draft.name}",
        f"file/{changes.draft.name}",
        lineterm="",
    )
    return "\n".join(lines)


async def _apply(ctx: Ctx, row: Row, changes: Changes, *, dry_run: bool) -> UpdatedDirective:
    before: DirectiveStatus = str(row["status"])  # pyright: ignore[reportAssignmentType]
    status, note = before, "would be updated"
    if not dry_run:
        status, note = await update_directive(ctx, int(str(row["id"])), changes)
    return UpdatedDirective(
        name=changes.draft.name, previous_status=before, status=status, note=note
    )


@internal
async def update_directive(
    ctx: Ctx, directive_id: int, changes: Changes
) -> tuple[DirectiveStatus, str]:
    """Stop, store, validate and implement the new text; a failure brings the old version back."""
    before = await ctx.directives.one("directive_snapshot", id=directive_id)
    if before is None:
        raise NoSuch(f"There is no directive {directive_id}.")
    try:
        return await _renew(ctx, before, changes)
    except AifpError as fault:
        async with ctx.directives.write() as db:
            await db.run("restore_directive", **before, at=to_text(ctx.clock.now()))
        ctx.engine.wake()
        status: DirectiveStatus = str(before["status"])  # pyright: ignore[reportAssignmentType]
        return status, f"the earlier version stays: {fault}"


async def _renew(ctx: Ctx, before: Row, changes: Changes) -> tuple[DirectiveStatus, str]:
    if before["status"] == "active":
        await deactivate_directive(ctx, int(str(before["id"])), "its source file changed")
    async with ctx.directives.write() as db:
        await store_draft(ctx, db, changes.read, changes.draft, changes.reading)
        subject = subject_of_directive(before)
        reason = "the source file changed"
        await void_approval(db, ctx.clock.now(), subject, ctx.actor, reason)
    answer = await validate_user_directive(ctx, changes.draft.name, None, interactive=False)
    if not answer.success:
        return answer.status, f"{len(answer.questions)} questions are open; answer them"
    return await _remake(ctx, before, changes.draft.name)


async def _remake(ctx: Ctx, before: Row, name: str) -> tuple[DirectiveStatus, str]:
    made = await ctx.directives.one("generator_of", id=before["id"])
    if made is None:
        return "validated", "implement it"
    if made["generator"] == "given":
        return "validated", "its code was supplied; implement it again with code that fits"
    answer = await implement_directive(ctx, name)
    return answer.status, "a person approves the new version"


async def _add_and_remove(ctx: Ctx, read: DirectiveFile, found: Comparison) -> None:
    await store_file(ctx, read)
    for row in found.removed:
        await archive(ctx, row, "removed from its source file")
    async with ctx.directives.write() as db:
        await db.run("source_applied", path=read.file.source_file)


async def archive(ctx: Ctx, row: Row, reason: str) -> None:
    """Stop new firings for good; a running run ends within its timeout, history stays."""
    move = Move(to="archived", actor=ctx.actor, reason=reason)
    async with ctx.directives.write() as db:
        await move_status(db, ctx.clock.now(), int(str(row["id"])), move)
    ctx.engine.wake()
