"""The breaker: many failed runs in a row stop a directive; recovery is noticed too."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aifp.helpers.shared.alerts import raise_alert, resolve_alerts
from aifp.helpers.shared.events import Change, record_event
from aifp.schemas.alerts import NewAlert
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Writer
from aifp.schemas.subjects import Subject
from aifp.schemas.words import RunStatus

Notice = Literal["on_failure", "on_recovery"]

# Ended work that did not do what it should.
FAILED: frozenset[RunStatus] = frozenset({"failure", "timeout", "interrupted"})
# What people are told about, once per change: failed work and work that never began.
BAD: frozenset[RunStatus] = frozenset({"failure", "timeout", "interrupted", "missed"})
REASON = "breaker"
FAILING, TRIPPED = "directive_failing", "breaker"


@dataclass(frozen=True, slots=True)
class Before:
    """How a directive stands before a run is counted."""

    name: str
    status: str
    failures: int
    failing: bool


@dataclass(frozen=True, slots=True)
class Move:
    """What one ended run changes."""

    failures: int
    failing: bool
    notice: Notice | None = None
    trips: bool = False


def move(standing: Before, outcome: RunStatus, threshold: int) -> Move:
    """Count one ended run; runs that were skipped or cancelled change nothing."""
    if outcome == "success":
        return Move(0, failing=False, notice="on_recovery" if standing.failing else None)
    if outcome not in BAD:
        return Move(standing.failures, standing.failing)
    failures = standing.failures + (1 if outcome in FAILED else 0)
    return Move(
        failures,
        failing=True,
        notice=None if standing.failing else "on_failure",
        trips=outcome in FAILED and failures >= threshold and standing.status == "active",
    )


async def count_outcome(
    db: Writer, at: datetime, directive_id: int, outcome: RunStatus, threshold: int
) -> Move:
    """Count one ended run in the caller's transaction: counter, status, event and alerts."""
    row = await db.one("breaker_standing", directive_id=directive_id)
    if row is None:
        return Move(0, failing=False)
    failures = int(row["consecutive_failures"] or 0)
    standing = Before(str(row["name"]), str(row["status"]), failures, bool(row["failing"]))
    made = move(standing, outcome, threshold)
    subject = Subject(kind="directive", id=str(directive_id), name=standing.name)
    await _store(db, directive_id, standing, made)
    if made.notice is not None:
        await _tell(db, at, subject, made, outcome)
    if made.trips:
        await _trip(db, at, subject, made)
    return made


async def _store(db: Writer, directive_id: int, standing: Before, made: Move) -> None:
    if made.failures != standing.failures:
        await db.run("count_failures", directive_id=directive_id, failures=made.failures)
    if made.failing and not standing.failing:
        await db.run("begin_failing", directive_id=directive_id)
    if standing.failing and not made.failing:
        await db.run("end_failing", directive_id=directive_id)


async def _tell(db: Writer, at: datetime, subject: Subject, made: Move, outcome: RunStatus) -> None:
    if made.notice == "on_recovery":
        await resolve_alerts(db, at, subject, FAILING)
        await resolve_alerts(db, at, subject, TRIPPED)
        await record_event(db, at, subject, "system", Change(event_type="recovered"))
        return
    message = f"{subject.name} does not work: its newest run ended with {outcome}."
    advice = f'Look at the run with user_directive_monitor("{subject.name}").'
    alert = NewAlert(severity="warning", code=FAILING, message=message, suggestion=advice)
    await raise_alert(db, at, subject, alert)


async def _trip(db: Writer, at: datetime, subject: Subject, made: Move) -> None:
    reason = f"{REASON}: {made.failures} failed runs in a row"
    await db.run("trip_breaker", directive_id=int(subject.id), reason=reason, at=to_text(at))
    change = Change(
        event_type="status_changed", from_status="active", to_status="error", reason=reason
    )
    await record_event(db, at, subject, "system", change)
    alert = NewAlert(
        severity="critical",
        code=TRIPPED,
        message=f"{subject.name} was stopped: {made.failures} failed runs in a row.",
        suggestion=f"Mend the cause, then activate {subject.name} again.",
    )
    await raise_alert(db, at, subject, alert)
