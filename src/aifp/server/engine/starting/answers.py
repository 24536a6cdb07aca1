"""What a check says about a run that wants to start, and the shapes the checks share."""

import json
from dataclasses import dataclass
from datetime import datetime

from aifp.schemas.common import JsonMap
from aifp.schemas.instants import from_text
from aifp.schemas.ports import Row
from aifp.server.engine.starting.openings import Unstarted


@dataclass(frozen=True, slots=True)
class Go:
    """The check is passed."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The run stays open and is looked at again: at an instant, or when something wakes it."""

    reason: str
    until: datetime | None = None
    for_person: bool = False


Answer = Go | Wait | Unstarted
GO = Go()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run that wants to start."""

    run_id: int
    directive_id: int
    due: datetime
    started: datetime | None
    reason: str | None
    waits_for_person: bool
    by_system: bool
    by_hand: bool
    trigger: JsonMap
    input: JsonMap


def candidate_of(row: Row) -> Candidate:
    """Read a row of `run_to_admit`."""
    return Candidate(
        run_id=int(row["id"] or 0),
        directive_id=int(row["directive_id"] or 0),
        due=from_text(str(row["due_at"] or row["created_at"])),
        started=from_text(str(row["started_at"])) if row["started_at"] else None,
        reason=str(row["reason"]) if row["reason"] else None,
        waits_for_person=row["status"] == "waiting_for_approval",
        by_system=row["trigger_source"] == "system",
        by_hand=row["trigger_source"] == "manual",
        trigger=json.loads(str(row["trigger_json"])),
        input=json.loads(str(row["input_json"])),
    )
