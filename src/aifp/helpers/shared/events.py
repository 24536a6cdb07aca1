"""The audit log: append-only events, each sealed to the one before it by a hash."""

import json
from datetime import datetime

from aifp.helpers.shared.hashing import sha256_of
from aifp.helpers.shared.outbox import tell_directive
from aifp.schemas.common import JsonMap, Record
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Reader, Row, Writer
from aifp.schemas.subjects import Subject
from aifp.schemas.words import Actor

FIRST = "0" * 64
SEALED = (
    "at",
    "subject_kind",
    "subject_id",
    "subject_name",
    "event_type",
    "from_status",
    "to_status",
    "actor",
    "reason",
    "metadata_json",
    "prev_hash",
)


class Change(Record):
    """What happened, from which status to which, and why."""

    event_type: str
    from_status: str | None = None
    to_status: str | None = None
    reason: str | None = None
    metadata: JsonMap = {}


async def record_event(
    db: Writer, at: datetime, subject: Subject, actor: Actor, change: Change
) -> None:
    """Append one event in the caller's transaction; project.db hears how a directive stands."""
    last = await db.one("last_event_hash")
    row: dict[str, str | None] = {
        "at": to_text(at),
        "subject_kind": subject.kind,
        "subject_id": subject.id,
        "subject_name": subject.name,
        "event_type": change.event_type,
        "from_status": change.from_status,
        "to_status": change.to_status,
        "actor": actor,
        "reason": change.reason,
        "metadata_json": json.dumps(change.metadata, sort_keys=True),
        "prev_hash": str(last["hash"]) if last else FIRST,
    }
    seal = seal_of(row)
    await db.run("add_event", **row, hash=seal)
    # The newest seal is kept apart too, so that cutting the log short is seen.
    await db.run("note_newest_event", value_json=json.dumps(seal), at=row["at"])
    if subject.kind == "directive" and subject.id.isdecimal():
        await tell_directive(db, at, int(subject.id))


def seal_of(row: Row) -> str:
    """Return the hash that seals an event row to its predecessor."""
    return sha256_of({key: row[key] for key in SEALED})


async def first_broken_event(db: Reader) -> int | None:
    """Return the id of the first event that is not as it was written, or None.

    Where the newest events are gone, it is the id that the first of them had.
    """
    previous, newest_id = FIRST, 0
    for row in await db.all("events_in_order"):
        newest_id = int(str(row["id"]))
        if row["prev_hash"] != previous or row["hash"] != seal_of(row):
            return newest_id
        previous = str(row["hash"])
    newest = await db.one("newest_event")
    noted = json.loads(str(newest["value_json"])) if newest else FIRST
    return None if noted == previous else newest_id + 1
