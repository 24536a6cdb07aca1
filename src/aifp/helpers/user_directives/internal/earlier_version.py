"""Everything an update may change of a directive, kept to put it back when the update fails."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aifp.helpers.shared.outbox import tell_directive
from aifp.helpers.user_directives.internal.activation import restore_status
from aifp.helpers.user_directives.internal.answers import keep_questions
from aifp.helpers.user_directives.internal.dependency_detection import (
    detect_dependencies,
    keep_dependencies,
)
from aifp.helpers.user_directives.internal.releases import registered_code
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.errors import FileMissing, NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row, Writer
from aifp.schemas.reading import Draft
from aifp.schemas.workflow import Dependency


@dataclass(frozen=True, slots=True)
class Earlier:
    """A directive before its update: its row, its implementation, and its code on disk."""

    row: Row
    implementation: Row | None
    files: dict[str, bytes]
    modules: dict[str, str]

    @property
    def directive_id(self) -> int:
        """Return the id of the directive."""
        return int(str(self.row["id"]))

    @property
    def generator(self) -> str | None:
        """Return how its code came to be, None without code."""
        return str(self.implementation["generator"]) if self.implementation else None


@asynccontextmanager
async def earlier_version(ctx: Ctx, directive_id: int) -> AsyncGenerator[Earlier]:
    """Offer a directive as it is now, and bring exactly that back when the work on it fails."""
    before = await _earlier(ctx, directive_id)
    whole = False
    try:
        yield before
        whole = True
    finally:
        if not whole:
            await _bring_back(ctx, before)


async def _earlier(ctx: Ctx, directive_id: int) -> Earlier:
    row = await ctx.directives.one("directive_snapshot", id=directive_id)
    if row is None:
        raise NoSuch(f"There is no directive {directive_id}.")
    made = await ctx.directives.one("implementation_snapshot", id=directive_id)
    if made is None:
        return Earlier(row, None, {}, {})
    stored = await ctx.directives.all("version_files", version_id=made["artifact_version_id"])
    modules = await registered_code(ctx, made["artifact_version_id"])
    return Earlier(row, made, await _present(ctx, [str(f["path"]) for f in stored]), modules)


async def _present(ctx: Ctx, paths: list[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in paths:
        try:
            found[path] = await ctx.files.read(path)
        except FileMissing:
            continue
    return found


async def _bring_back(ctx: Ctx, before: Earlier) -> None:
    changed = await _present(ctx, list(before.files)) != before.files
    if changed:
        await ctx.files.write(before.files)
    needs = await _needs(ctx, before)
    async with ctx.directives.write() as db:
        await restore_status(ctx, db, before.row, "the update failed")
        await db.run("restore_directive", **before.row, at=to_text(ctx.clock.now()))
        await _restore_implementation(db, before)
        await _restore_needs(ctx, db, before, needs)
        await tell_directive(db, ctx.clock.now(), before.directive_id)
    ctx.engine.wake()


async def _restore_implementation(db: Writer, before: Earlier) -> None:
    made = before.implementation
    kept = made["id"] if made else 0
    await db.run("drop_newer_implementations", id=before.directive_id, kept=kept)
    if made is not None:
        artifact, version = made["artifact_id"], made["artifact_version_id"]
        await db.run("restore_current_version", id=artifact, version_id=version)
        # Proposals of before are versions as well, and newer than the one that runs.
        newest = made["newest_version_id"]
        await db.run("drop_newer_versions", artifact_id=artifact, kept=newest)


async def _needs(ctx: Ctx, before: Earlier) -> list[Dependency] | None:
    if before.row["canonical_sha256"] is None:
        return None
    directive = CanonicalDirective.model_validate_json(str(before.row["configuration_json"]))
    return await detect_dependencies(ctx, directive, before.modules)


async def _restore_needs(
    ctx: Ctx, db: Writer, before: Earlier, needs: list[Dependency] | None
) -> None:
    """Bring back what follows from the text: open questions and dependencies."""
    draft = Draft.model_validate(json.loads(str(before.row["draft_json"]))["draft"])
    now = ctx.clock.now()
    if needs is not None:
        await keep_questions(db, before.directive_id, draft, [], to_text(now))
        await keep_dependencies(db, now, before.directive_id, needs)
