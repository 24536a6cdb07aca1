"""Which status may follow which, and the one place that writes a status."""

from datetime import datetime

from aifp.helpers.shared.events import Change, record_event
from aifp.schemas.common import Record
from aifp.schemas.errors import InvalidTransition, NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Reader, Row, Writer
from aifp.schemas.subjects import Subject
from aifp.schemas.words import Actor, DirectiveStatus, PauseCause

NEXT: dict[DirectiveStatus, frozenset[DirectiveStatus]] = {
    "draft": frozenset({"validated", "archived"}),
    "validated": frozenset({"implemented", "draft", "archived"}),
    "implemented": frozenset({"active", "validated", "draft", "archived"}),
    "active": frozenset({"paused", "error", "validated", "draft", "archived"}),
    "paused": frozenset({"active", "validated", "draft", "archived"}),
    "error": frozenset({"active", "paused", "validated", "draft", "archived"}),
    "archived": frozenset({"draft"}),
}


class Move(Record):
    """A status change: where to, why, and by whom."""

    to: DirectiveStatus
    actor: Actor
    reason: str | None = None
    pause_cause: PauseCause | None = None


def require_edge(name: str, present: DirectiveStatus, to: DirectiveStatus) -> None:
    """Refuse a status change that the state machine does not have."""
    if to not in NEXT[present]:
        allowed = ", ".join(sorted(NEXT[present]))
        raise InvalidTransition(
            f"{name} is {present}; it cannot become {to}. From here: {allowed}.",
            previous_status=present,
            new_status=to,
        )


async def require_directive(db: Reader, directive_id: int) -> Row:
    """Return what a status change must know of a directive."""
    row = await db.one("directive_status", id=directive_id)
    if row is None:
        raise NoSuch(f"There is no directive {directive_id}.")
    return row


async def move_status(db: Writer, at: datetime, directive_id: int, move: Move) -> DirectiveStatus:
    """Move along one edge and write exactly one event; return the status before.

    The present status again changes nothing and writes no event.
    """
    row = await require_directive(db, directive_id)
    present: DirectiveStatus = row["status"]  # pyright: ignore[reportAssignmentType]
    if present == move.to and row["pause_cause"] == move.pause_cause:
        return present
    if present != move.to:
        require_edge(str(row["name"]), present, move.to)
    await db.run(
        "set_status",
        id=directive_id,
        status=move.to,
        reason=move.reason,
        pause_cause=move.pause_cause if move.to == "paused" else None,
        fresh=int(move.to == "active" and move.actor != "system"),
        at=to_text(at),
    )
    change = Change(
        event_type="status_changed", from_status=present, to_status=move.to, reason=move.reason
    )
    await record_event(db, at, subject_of_directive(row), move.actor, change)
    return present


def subject_of_directive(row: Row) -> Subject:
    """Return a directive as the subject of events and alerts."""
    return Subject(kind="directive", id=str(row["id"]), name=str(row["name"]))
