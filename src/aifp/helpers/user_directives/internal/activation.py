"""Switch a directive on behind the whole gate, and off at once."""

from aifp.helpers.contract import internal
from aifp.helpers.shared.alerts import raise_alert
from aifp.helpers.user_directives.internal.gate import require_release
from aifp.helpers.user_directives.internal.language.due.next_due import next_of
from aifp.helpers.user_directives.internal.transitions import (
    Move,
    move_status,
    require_directive,
    subject_of_directive,
)
from aifp.schemas.activation import Activated, Deactivated
from aifp.schemas.alerts import NewAlert
from aifp.schemas.errors import AifpError, InvalidTransition, Unavailable
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Release
from aifp.schemas.sandbox import Job, Limits
from aifp.schemas.words import DirectiveStatus

READY: tuple[DirectiveStatus, ...] = ("implemented", "paused", "error")


@internal
async def activate_directive(ctx: Ctx, directive_id: int) -> Activated:
    """Check everything, then switch in one transaction; a failure leaves the status as it was."""
    row = await require_directive(ctx.directives, directive_id)
    _require_ready(row)
    release = await require_release(ctx, directive_id)
    await require_loadable(ctx, release)
    await _require_engine(ctx)
    warnings = await _twins(ctx, directive_id)
    return await _switch_on(ctx, release, warnings)


def _require_ready(row: Row) -> None:
    if row["status"] not in READY:
        raise InvalidTransition(
            f"{row['name']} is {row['status']}; only an implemented, paused or broken directive "
            "can be activated.",
            previous_status=row["status"],
            new_status="active",
        )


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
    )
    outcome = await ctx.sandbox.run(job)
    if outcome.status != "ok":
        raise Unavailable(f"{release.directive.name} does not load: {outcome.error}")


async def _require_engine(ctx: Ctx) -> None:
    status = await ctx.engine.status()
    if not status.running:
        raise Unavailable("The engine is not running. Start it with: aifp serve")


async def _twins(ctx: Ctx, directive_id: int) -> list[str]:
    rows = await ctx.directives.all("same_trigger_and_action", id=directive_id)
    return [f"{row['name']} is active with the same trigger and action." for row in rows]


async def _switch_on(ctx: Ctx, release: Release, warnings: list[str]) -> Activated:
    now, directive = ctx.clock.now(), release.directive
    async with ctx.directives.write() as db:
        move = Move(to="active", actor=ctx.actor)
        before = await move_status(db, now, release.directive_id, move)
        await db.run("deploy_implementation", id=release.directive_id, at=to_text(now))
        await db.run("authorize_artifact", id=release.directive_id, at=to_text(now))
    ctx.engine.wake()
    due = next_of(directive, now)
    return Activated(
        name=directive.name,
        previous_status=before,
        new_status="active",
        next_due_at=to_text(due) if due else None,
        warnings=warnings,
    )


@internal
async def deactivate_directive(
    ctx: Ctx, directive_id: int, reason: str | None = None
) -> Deactivated:
    """Stop firing and end open runs; a stop that fails still ends in paused, with an alert."""
    row = await require_directive(ctx.directives, directive_id)
    move = Move(to="paused", actor=ctx.actor, reason=reason, pause_cause="user")
    async with ctx.directives.write() as db:
        before = await move_status(db, ctx.clock.now(), directive_id, move)
    ctx.engine.wake()
    return Deactivated(
        name=str(row["name"]),
        previous_status=before,
        new_status="paused",
        cancelled_runs=await _end_runs(ctx, row, reason),
    )


async def _end_runs(ctx: Ctx, row: Row, reason: str | None) -> int:
    runs = await ctx.directives.all("open_runs_of", id=row["id"])
    ids = [int(str(run["id"])) for run in runs]
    try:
        return await ctx.engine.cancel(ids, reason or "deactivated") if ids else 0
    except AifpError as fault:
        await _alert_stop_failed(ctx, row, fault)
        return 0


async def _alert_stop_failed(ctx: Ctx, row: Row, fault: AifpError) -> None:
    message = f"Runs of {row['name']} could not be ended: {fault}"
    alert = NewAlert(severity="critical", code="stop_failed", message=message)
    async with ctx.directives.write() as db:
        await raise_alert(db, ctx.clock.now(), subject_of_directive(row), alert)
