"""Bring the record of tools in line with their files: the files decide what exists."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aifp.helpers.lifecycle.internal.applying import Applying, Tally
from aifp.helpers.lifecycle.internal.contents import tool_name
from aifp.helpers.lifecycle.internal.known_files import folders_of
from aifp.helpers.lifecycle.internal.planning import GRACE_S, Plan, plan_sync, refresh
from aifp.helpers.user_directives.internal.pausing import release_to_run
from aifp.schemas.errors import AifpError
from aifp.schemas.ports import Ctx, FoundFile
from aifp.schemas.tool_sync import SyncAlert, SyncReport

# Where the gate of a directive must be asked again once its code is not as it was.
GATED = frozenset({"active", "paused"})


class _NotMeant(BaseException):
    """Undoes the transaction of a sync that is only tried; it must pass every other handler."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one look did, and whether something is to be looked at again soon.

    moved: the files that are new or changed. folders: where known files lie.
    """

    report: SyncReport
    again: bool
    moved: frozenset[str]
    folders: tuple[str, ...]


async def sync_from_filesystem(ctx: Ctx, *, dry_run: bool = False) -> SyncReport:
    """Compare every tool with its file and take over what the files say.

    A file that is not found is looked for again after 2 s, so that nobody's saving is taken for
    a deletion. Raises FileMissing or Unavailable when the folder cannot be looked at, and then
    nothing is marked.
    """
    scan, missed = await refresh(ctx), frozenset[int]()
    vanishing = scan.vanishing()
    if vanishing:
        missed = frozenset(one.id for one in vanishing)
        await ctx.clock.wait(asyncio.Event(), GRACE_S)
        scan = await refresh(ctx)
    plan = await plan_sync(ctx, scan, missed_before=missed, keep=not dry_run)
    if dry_run:
        return await _tried(ctx, plan)
    return (await _written(ctx, plan)).report()


async def sync_step(ctx: Ctx, unsettled: Callable[[FoundFile], bool]) -> Step:
    """Do what one look allows without waiting; what is still being written is left for later."""
    scan = await refresh(ctx)
    moved = [scan.disk.found[path] for path in scan.found.moved if path in scan.disk.found]
    writing = {file.path for file in moved if unsettled(file)}
    plan = await plan_sync(ctx, scan, unsettled=writing.__contains__)
    tally = await _written(ctx, plan)
    return Step(
        tally.report(),
        again=bool(writing) or plan.is_waiting,
        moved=frozenset(file.path for file in moved),
        folders=tuple(folders_of(path for one in scan.known for path in one.paths)),
    )


async def _written(ctx: Ctx, plan: Plan) -> Tally:
    if plan.is_empty:
        return Tally()
    async with ctx.directives.write() as db:
        tally = await Applying(ctx, db, plan).apply()
    for directive_id in dict.fromkeys(tally.directives):
        await _ask_gate(ctx, directive_id)
    return tally


async def _ask_gate(ctx: Ctx, directive_id: int) -> None:
    """Pause a directive whose code is gone or another, and resume one whose code is back."""
    row = await ctx.directives.one("canonical_of_directive", id=directive_id)
    if row is None or row["status"] not in GATED:
        return
    try:
        await release_to_run(ctx, directive_id)
    except AifpError:
        # The gate has paused it, raised its alert and said why.
        return


async def _tried(ctx: Ctx, plan: Plan) -> SyncReport:
    """Write the plan and undo it: the report is exactly that of the real thing."""
    if plan.is_empty or not await ctx.directives.all("log_settings_in_force"):
        return _foreseen(plan)
    tally = Tally()
    try:
        async with ctx.directives.write() as db:
            tally = await Applying(ctx, db, plan).apply()
            raise _NotMeant
    except _NotMeant:
        return tally.report()


def _foreseen(plan: Plan) -> SyncReport:
    """Return the report where there is no database yet, which a trial must not make."""
    problems = [
        SyncAlert(severity="warning", code="load_failed", tool=tool_name(path), message=problem)
        for path, content in plan.contents.items()
        if (problem := content.problem) is not None
    ]
    told = [
        SyncAlert(
            severity=alert.severity, code=alert.code, tool=subject.name, message=alert.message
        )
        for subject, alert in plan.standing.raised
    ]
    return SyncReport(
        newly_deleted=[],
        restored=[],
        new_manual_tools=sorted(map(tool_name, plan.contents)),
        changed=[],
        alerts=[*problems, *told],
    )
