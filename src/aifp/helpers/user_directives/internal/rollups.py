"""Daily totals of ended runs, for each directive, each artifact and the project."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from aifp.schemas.instants import to_text
from aifp.schemas.ports import SqlValue, Writer
from aifp.schemas.words import RunMode, RunStatus

# Outcomes whose length says something about the work.
TIMED = frozenset({"success", "failure", "timeout"})
# Every outcome a record can end with; each has its column.
ENDED = ("success", "failure", "timeout", "skipped", "missed", "cancelled", "interrupted")
PROJECT = "project"


@dataclass(frozen=True, slots=True)
class Counted:
    """One ended record: what it counts as, and how long it took."""

    directive_id: int | None
    mode: RunMode
    status: RunStatus
    at: datetime
    duration_ms: int | None = None
    count: int = 1
    artifact_id: int | None = None


async def add_to_rollups(db: Writer, ended: Counted, zone: ZoneInfo) -> None:
    """Count an ended run in its day of the project's zone; only live runs count."""
    if ended.mode != "live":
        return
    totals = totals_of(ended, zone)
    await db.run("add_to_run_daily", subject_kind="project", subject_id=PROJECT, **totals)
    owners = {"directive": ended.directive_id, "artifact": ended.artifact_id}
    for kind, owner in owners.items():
        if owner is not None:
            await db.run("add_to_run_daily", subject_kind=kind, subject_id=str(owner), **totals)


def totals_of(ended: Counted, zone: ZoneInfo) -> dict[str, SqlValue]:
    """Return the columns one ended run adds."""
    is_counted = ended.status in TIMED
    timed = is_counted and ended.duration_ms is not None
    duration = (ended.duration_ms or 0) if timed else 0
    return {
        **dict.fromkeys(ENDED, 0),
        ended.status: ended.count,
        "day": ended.at.astimezone(zone).date().isoformat(),
        "timed_runs": int(timed),
        "duration_ms": duration,
        "success_ms": duration if ended.status == "success" else 0,
        "last_status": ended.status if is_counted else None,
        "last_at": to_text(ended.at) if is_counted else None,
    }
