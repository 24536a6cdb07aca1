"""Alerts that the driver raises about runs and directives."""

from datetime import datetime, timedelta

from aifp.helpers.shared.alerts import raise_alert, resolve_alerts
from aifp.helpers.shared.events import Change, record_event
from aifp.schemas.alerts import NewAlert
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Writer
from aifp.schemas.subjects import Subject
from aifp.schemas.words import HostFunction, RunStatus

# Three refusals of one kind in a day raise an alert (features 9, step 5).
REFUSALS, REFUSAL_WINDOW = 3, timedelta(days=1)
# F22: so many crashes of the engine under one directive, and it is stopped.
CRASHES = 3
# D104: what should tell people ended without telling them.
NOTICE_FAILED = "notice_failed"


def directive_subject(directive_id: int, name: str) -> Subject:
    """Return a directive as the subject of an alert."""
    return Subject(kind="directive", id=str(directive_id), name=name)


async def alert_interrupted(ctx: Ctx, w: Writer, subject: Subject, run_id: int, why: str) -> None:
    """Tell that a run could not be finished without guessing."""
    alert = NewAlert(
        severity="warning",
        code="run_interrupted",
        message=f"Run {run_id} of {subject.name} ended interrupted: {why}",
        suggestion="Look at its trace, see to what was left half done, then run it again.",
    )
    await raise_alert(w, ctx.clock.now(), subject, alert)


async def note_telling(
    w: Writer, at: datetime, subject: Subject, run_id: int, status: RunStatus
) -> None:
    """Raise an alert where nobody could be told of a failure, and close it where somebody was."""
    if status == "success":
        await resolve_alerts(w, at, subject, NOTICE_FAILED)
        return
    alert = NewAlert(
        severity="critical",
        code=NOTICE_FAILED,
        message=f"Nobody was told how {subject.name} does: notice run {run_id} ended {status}.",
        suggestion=f"See get_run_trace({run_id}); mend its channel, or name one that works.",
    )
    await raise_alert(w, at, subject, alert)


async def alert_refusals(ctx: Ctx, subject: Subject, function: HostFunction) -> None:
    """Tell when a directive or a tool is refused the same kind of call again and again."""
    now = ctx.clock.now()
    since = to_text(now - REFUSAL_WINDOW)
    row = await ctx.directives.one(
        "refusals_since", kind=subject.kind, id=int(subject.id), function=function, since=since
    )
    count = int(row["refusals"] or 0) if row else 0
    if count < REFUSALS:
        return
    alert = NewAlert(
        severity="warning",
        code="not_granted",
        message=f"{subject.name} was refused {function} {count} times within a day.",
        suggestion="Name what it needs in it and approve that, or let it run no more.",
    )
    async with ctx.directives.write() as w:
        await raise_alert(w, now, subject, alert)


async def stop_poisoned(ctx: Ctx, w: Writer, subject: Subject, before: str, crashes: int) -> None:
    """Stop a directive under which the engine has died again and again; only this one."""
    now, reason = ctx.clock.now(), "crash_loop"
    stopped = await w.run(
        "poison_directive", directive_id=int(subject.id), reason=reason, now=to_text(now)
    )
    if stopped:
        change = Change(event_type="status", from_status=before, to_status="error", reason=reason)
        await record_event(w, now, subject, "system", change)
    alert = NewAlert(
        severity="critical",
        code="crash_loop",
        message=f"The engine died {crashes} times while {subject.name} ran; it was stopped.",
        suggestion="Look at its code, then activate it again.",
    )
    await raise_alert(w, now, subject, alert)
