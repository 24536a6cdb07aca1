"""Switch a directive on behind the whole gate, and off at once."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aifp.helpers.contract import guarded, internal
from aifp.helpers.shared.alerts import raise_alert, resolve_alerts
from aifp.helpers.shared.events import Change, record_event
from aifp.helpers.user_directives.internal.approvals import approval_of, note_approved
from aifp.helpers.user_directives.internal.breaker import TRIPPED
from aifp.helpers.user_directives.internal.dependency_checks import recheck_dependencies
from aifp.helpers.user_directives.internal.gate import require_release
from aifp.helpers.user_directives.internal.language.due.next_due import next_of
from aifp.helpers.user_directives.internal.pausing import resolve_pauses
from aifp.helpers.user_directives.internal.transitions import (
    Move,
    move_status,
    require_directive,
    subject_of_directive,
)
from aifp.helpers.user_directives.internal.workflow import Workflow
from aifp.schemas.activation import Activated, Deactivated
from aifp.schemas.alerts import NewAlert
from aifp.schemas.common import Failure
from aifp.schemas.errors import Conflict, InvalidArgument, InvalidTransition, Unavailable
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row, Writer
from aifp.schemas.releases import Release
from aifp.schemas.sandbox import Job, Limits
from aifp.schemas.words import DirectiveStatus

READY: tuple[DirectiveStatus, ...] = ("implemented", "paused", "error")


@internal
async def activate_directive(ctx: Ctx, directive_id: int) -> Activated:
    """Check everything, then switch in one transaction; a failure leaves the status as it was."""
    async with Workflow(ctx, "user_directive_activate") as steps:
        row = await steps.do("check_status", _ready, ctx, directive_id)
        await steps.do("recheck_dependencies", recheck_dependencies, ctx, directive_id)
        release = await steps.do("check_release", require_release, ctx, directive_id)
        await steps.do("load_code", require_loadable, ctx, release)
        await steps.do("reach_engine", _require_engine, ctx)
        due = next_of(release.directive, ctx.clock.now())
        warnings = await _twins(ctx, directive_id)
        await steps.do("switch_on", _take_up, ctx, release, row)
    return Activated(
        name=release.directive.name,
        previous_status=status_of(row),
        new_status="active",
        next_due_at=to_text(due) if due else None,
        warnings=warnings,
    )


def status_of(row: Row) -> DirectiveStatus:
    """Return the status in a directive's row."""
    return row["status"]  # pyright: ignore[reportReturnType]


async def _ready(ctx: Ctx, directive_id: int) -> Row:
    row = await require_directive(ctx.directives, directive_id)
    if row["status"] not in READY:
        raise InvalidTransition(
            f"{row['name']} is {row['status']}; only an implemented, paused or broken directive "
            "can be activated.",
            previous_status=row["status"],
            new_status="active",
        )
    return row


async def require_loadable(ctx: Ctx, release: Release) -> None:
    """Refuse code whose entry point does not load in the sandbox."""
    job = Job(
        mode="load",
        modules=release.modules,
        main=release.main,
        entry=release.entry_point,
        now=ctx.clock.now(),
        seed=release.release_sha256,
        limits=Limits(wall_ms=10_000),
        packages=release.packages,
        package_folders=await ctx.machine.place(release.packages),
    )
    outcome = await ctx.sandbox.run(job)
    if outcome.status != "ok":
        raise InvalidArgument(
            f"{release.directive.name} does not load: {outcome.error}. Mend its code with "
            "user_directive_implement."
        )


async def _require_engine(ctx: Ctx) -> None:
    status = await ctx.engine.status()
    if not status.running:
        raise Unavailable("The engine is not running. Start it with: aifp serve")


async def _twins(ctx: Ctx, directive_id: int) -> list[str]:
    rows = await ctx.directives.all("same_trigger_and_action", id=directive_id)
    return [f"{row['name']} is active with the same trigger and action." for row in rows]


async def _take_up(ctx: Ctx, release: Release, row: Row) -> None:
    async with _undone_on_failure(ctx, row):
        await _switch_on(ctx, release, row)
        ctx.engine.wake()
        # When the engine answers it knows the directive: an event may come the next moment.
        await ctx.engine.status()


async def _switch_on(ctx: Ctx, release: Release, checked: Row) -> None:
    now, directive_id = ctx.clock.now(), release.directive_id
    async with ctx.directives.write() as db:
        approval_id = await _require_unchanged(ctx, db, release, checked)
        await move_status(db, now, directive_id, Move(to="active", actor=ctx.actor))
        await note_approved(db, release, approval_id, now)
        # A clock that ran ahead for a while must not keep the directive silent until then.
        await db.run("forget_due_times_ahead", id=directive_id, at=to_text(now))
        await db.run("deploy_implementation", id=directive_id, at=to_text(now))
        await db.run("authorize_artifact", id=directive_id, at=to_text(now))
        await resolve_pauses(db, now, subject_of_directive(checked))
        await resolve_alerts(db, now, subject_of_directive(checked), TRIPPED)


async def _require_unchanged(ctx: Ctx, db: Writer, release: Release, checked: Row) -> int:
    """Refuse when somebody changed the directive, or took its approval back, during the checks."""
    row = await require_directive(db, release.directive_id)
    approval_id = await approval_of(ctx, release.directive_id, release.release_sha256, db)
    same = all(row[key] == checked[key] for key in ("status", "pause_cause", "version"))
    if approval_id is None or not same:
        raise Conflict(f"{row['name']} was changed while it was checked. Activate it again.")
    return approval_id


@asynccontextmanager
async def _undone_on_failure(ctx: Ctx, before: Row) -> AsyncGenerator[None]:
    """Bring the status back when anything fails after the switch."""
    whole = False
    try:
        yield
        whole = True
    finally:
        if not whole:
            await _switch_back(ctx, before)


async def _switch_back(ctx: Ctx, before: Row) -> None:
    async with ctx.directives.write() as db:
        row = await require_directive(db, int(str(before["id"])))
        if row["status"] == "active":
            await restore_status(ctx, db, before, "activation failed")


async def restore_status(ctx: Ctx, db: Writer, before: Row, reason: str) -> None:
    """Put the status back that a directive had before something failed, with its event."""
    row = await require_directive(db, int(str(before["id"])))
    await db.run(
        "restore_status",
        id=before["id"],
        status=before["status"],
        pause_cause=before["pause_cause"],
        at=to_text(ctx.clock.now()),
    )
    change = Change(
        event_type="status_restored",
        from_status=status_of(row),
        to_status=status_of(before),
        reason=reason,
    )
    await record_event(db, ctx.clock.now(), subject_of_directive(before), "system", change)


@internal
async def deactivate_directive(
    ctx: Ctx, directive_id: int, reason: str | None = None
) -> Deactivated:
    """Stop firing and end open runs; a stop that fails still ends in paused, with an alert."""
    row = await require_directive(ctx.directives, directive_id)
    async with Workflow(ctx, "user_directive_deactivate") as steps:
        before = await steps.do("stop_firing", _pause, ctx, directive_id, reason)
        ended = await steps.do("end_runs", _end_or_alert, ctx, row, reason)
    return Deactivated(
        name=str(row["name"]),
        previous_status=before,
        new_status="paused",
        cancelled_runs=ended,
    )


async def _pause(ctx: Ctx, directive_id: int, reason: str | None) -> DirectiveStatus:
    move = Move(to="paused", actor=ctx.actor, reason=reason, pause_cause="user")
    async with ctx.directives.write() as db:
        return await move_status(db, ctx.clock.now(), directive_id, move)


async def _end_or_alert(ctx: Ctx, row: Row, reason: str | None) -> int:
    ended = await guarded("deactivate_directive", _end_runs(ctx, row, reason))
    if not isinstance(ended, Failure):
        return ended
    await _alert_stop_failed(ctx, row, ended.error)
    return 0


async def _end_runs(ctx: Ctx, row: Row, reason: str | None) -> int:
    ctx.engine.wake()
    runs = await ctx.directives.all("open_runs_of", id=row["id"])
    ids = [int(str(run["id"])) for run in runs]
    return await ctx.engine.cancel(ids, reason or "deactivated") if ids else 0


async def _alert_stop_failed(ctx: Ctx, row: Row, fault: str) -> None:
    alert = NewAlert(
        severity="critical",
        code="stop_failed",
        message=f"Runs of {row['name']} could not be ended: {fault}",
        suggestion="Nothing new starts. End everything with stop_all if a run still goes on.",
    )
    async with ctx.directives.write() as db:
        await raise_alert(db, ctx.clock.now(), subject_of_directive(row), alert)
