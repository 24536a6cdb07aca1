"""A run row is opened once, under the key of its due instant or event."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from aifp.helpers.user_directives.internal.rollups import Counted, add_to_rollups
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.ports import SqlValue, Writer
from aifp.schemas.words import TriggerSource
from aifp.server.engine.starting.plans import Plan

OpenStatus = Literal["queued", "skipped", "missed"]
# `start` and `emit` chains, and runs that start runs, end here (directive-format 8).
MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Opening:
    """One run to be: what started it, for which instant, and how it begins."""

    key: str
    due: datetime
    source: TriggerSource
    trigger: JsonMap
    status: OpenStatus = "queued"
    reason: str | None = None
    until: datetime | None = None
    count: int = 1
    wake: datetime | None = None
    input: JsonMap = field(default_factory=lambda: JsonMap())


@dataclass(frozen=True, slots=True)
class Unstarted:
    """How a run ends that no driver ever held."""

    status: Literal["skipped", "cancelled", "failure"]
    reason: str
    error: tuple[str, str] | None = None


async def open_run(w: Writer, plan: Plan, opening: Opening, now: datetime) -> int | None:
    """Insert the run; None when its instant or event already has one."""
    row = await w.one("open_run", **_columns(plan, opening, now))
    if row is None:
        return None
    if opening.status != "queued":
        counted = Counted(plan.directive_id, "live", opening.status, now, count=opening.count)
        await add_to_rollups(w, counted, plan.day_zone)
    return int(row["id"] or 0)


async def close_unstarted(
    w: Writer,
    run_id: int,
    end: Unstarted,
    now: datetime,
    zone: ZoneInfo,
) -> bool:
    """End a run that no driver holds; False when it has begun or ended meanwhile."""
    kind, message = end.error or (None, None)
    row = await w.one(
        "close_unstarted",
        id=run_id,
        status=end.status,
        reason=end.reason,
        at=to_text(now),
        error_type=kind,
        error_message=message,
    )
    if row is not None and row["trigger_source"] != "system":
        counted = Counted(int(row["directive_id"] or 0), "live", end.status, now)
        await add_to_rollups(w, counted, zone)
    return row is not None


def run_key(name: str, what: str) -> str:
    """Return the idempotency key of a due instant or event id of one directive."""
    return hashlib.sha256(f"{name}|{what}".encode()).hexdigest()


def input_defaults(plan: Plan) -> JsonMap:
    """Return the declared inputs that have a default."""
    fields = plan.directive.input.items()
    return {name: field.default for name, field in fields if field.default is not None}


def _columns(plan: Plan, opening: Opening, now: datetime) -> dict[str, SqlValue]:
    final = opening.status != "queued"
    given = {"input": input_defaults(plan) | opening.input, "read": {}}
    return {
        "directive_id": plan.directive_id,
        "directive_version": plan.version,
        "priority": plan.directive.priority,
        "due_at": to_text(opening.due),
        "due_until": to_text(opening.until) if opening.until else None,
        "due_count": opening.count,
        "trigger_source": opening.source,
        "trigger_json": json.dumps(opening.trigger),
        "idempotency_key": opening.key,
        "status": opening.status,
        "reason": opening.reason,
        "created_at": to_text(now),
        "finished_at": to_text(now) if final else None,
        "wake_at": to_text(opening.wake) if opening.wake else None,
        "input_json": json.dumps(given),
        "random_seed": opening.key[:32],
    }
