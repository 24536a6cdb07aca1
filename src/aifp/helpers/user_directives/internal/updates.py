"""Apply an edited source file: each change becomes a new version, nothing runs unapproved."""

from aifp.helpers.contract import internal
from aifp.helpers.shared.outbox import tell_source
from aifp.helpers.shared.progress import part_of
from aifp.helpers.user_directives.internal.activation import deactivate_directive, status_of
from aifp.helpers.user_directives.internal.approvals import void_approval
from aifp.helpers.user_directives.internal.dependency_detection import needs_of_reading
from aifp.helpers.user_directives.internal.drafts import store_draft, store_file
from aifp.helpers.user_directives.internal.earlier_version import Earlier, earlier_version
from aifp.helpers.user_directives.internal.implementing import implement_directive
from aifp.helpers.user_directives.internal.source_changes import (
    REMOVED,
    Changes,
    Comparison,
    compare_source,
    difference_of,
)
from aifp.helpers.user_directives.internal.transitions import (
    Move,
    move_status,
    subject_of_directive,
)
from aifp.helpers.user_directives.internal.validation import validate_user_directive
from aifp.helpers.user_directives.internal.workflow import Workflow
from aifp.schemas.errors import AifpError
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.updating import UpdatedDirective, UpdateReport
from aifp.schemas.words import DirectiveStatus


async def apply_source(
    ctx: Ctx, name: str | None, file_path: str | None, *, dry_run: bool
) -> UpdateReport:
    """Compare a file with what is stored and, unless dry, bring it about."""
    async with Workflow(ctx, "user_directive_update") as steps:
        whole = await steps.do("compare", compare_source, ctx, name, file_path)
        found = whole.only(name)
        if dry_run:
            return _report(found, [_would_change(*pair) for pair in found.changed], dry_run=True)
        many = len(found.changed)
        changed = [
            await steps.do("renew_changed", _change, part_of(ctx, done, many), row, changes)
            for done, (row, changes) in enumerate(found.changed)
        ]
        await steps.do("add_and_remove", _add_and_remove, ctx, found)
        if all(directive.applied for directive in changed) and found.size == whole.size:
            await steps.do("note_applied", _note_applied, ctx, whole)
    return _report(found, changed, dry_run=False)


def _report(found: Comparison, changed: list[UpdatedDirective], *, dry_run: bool) -> UpdateReport:
    applied = all(directive.applied for directive in changed)
    return UpdateReport(
        success=applied and not found.errors,
        dry_run=dry_run,
        changed=changed,
        added=[changes.draft.name for changes in found.added],
        removed=[str(row["name"]) for row in found.removed],
        diff="\n".join(difference_of(row, changes) for row, changes in found.changed),
        errors=found.errors,
    )


def _would_change(row: Row, changes: Changes) -> UpdatedDirective:
    before, name = status_of(row), changes.draft.name
    return UpdatedDirective(
        name=name, previous_status=before, status=before, note="would be updated"
    )


async def _change(ctx: Ctx, row: Row, changes: Changes) -> UpdatedDirective:
    """Update one directive; one that cannot be keeps its version and lets the others go on."""
    before, name = status_of(row), changes.draft.name
    await ctx.door.progress(0, 1, name)
    try:
        status, note = await update_directive(ctx, int(str(row["id"])), changes)
    except AifpError as fault:
        stays = f"the earlier version stays: {fault}"
        return UpdatedDirective(
            name=name, previous_status=before, status=before, note=stays, applied=False
        )
    return UpdatedDirective(name=name, previous_status=before, status=status, note=note)


@internal
async def update_directive(
    ctx: Ctx, directive_id: int, changes: Changes
) -> tuple[DirectiveStatus, str]:
    """Stop, store, validate and implement the new text; a failure brings the old version back."""
    async with earlier_version(ctx, directive_id) as before:
        return await _renew(ctx, before, changes)


async def _renew(ctx: Ctx, before: Earlier, changes: Changes) -> tuple[DirectiveStatus, str]:
    row = before.row
    if row["status"] == "active":
        await deactivate_directive(ctx, before.directive_id, "its source file changed")
    needs = await needs_of_reading(ctx, changes.reading)
    async with ctx.directives.write() as db:
        await store_draft(ctx, db, changes.read, changes.draft, changes.reading, needs)
        if row["approved"]:
            subject = subject_of_directive(row)
            await void_approval(db, ctx.clock.now(), subject, ctx.actor, "the source file changed")
    answer = await validate_user_directive(ctx, changes.draft.name, None, interactive=False)
    if not answer.success:
        return answer.status, f"{len(answer.questions)} questions are open; answer them"
    return await _remake(ctx, before, changes.draft.name)


async def _remake(ctx: Ctx, before: Earlier, name: str) -> tuple[DirectiveStatus, str]:
    if before.generator is None:
        return "validated", "implement it"
    if before.generator == "given":
        return "validated", "its code was supplied; implement it again with code that fits"
    answer = await implement_directive(ctx, name)
    return answer.status, "a person approves the new version"


async def _add_and_remove(ctx: Ctx, found: Comparison) -> None:
    needs = [await needs_of_reading(ctx, changes.reading) for changes in found.added]
    async with ctx.directives.write() as db:
        for changes, needed in zip(found.added, needs, strict=True):
            await store_draft(ctx, db, changes.read, changes.draft, changes.reading, needed)
    for row in found.removed:
        await archive(ctx, row, REMOVED)


async def _note_applied(ctx: Ctx, whole: Comparison) -> None:
    """Forget the edit of a file: nothing of it is left to be applied."""
    if whole.read is not None:
        await store_file(ctx, whole.read)
    async with ctx.directives.write() as db:
        if whole.read is None:
            await db.run("forget_source_file", path=whole.path)
            await tell_source(db, ctx.clock.now(), whole.path)
        else:
            await db.run("source_applied", path=whole.path)


async def archive(ctx: Ctx, row: Row, reason: str) -> None:
    """Stop new firings for good; a running run ends within its timeout, history stays."""
    move = Move(to="archived", actor=ctx.actor, reason=reason)
    async with ctx.directives.write() as db:
        await move_status(db, ctx.clock.now(), int(str(row["id"])), move)
    ctx.engine.wake()
