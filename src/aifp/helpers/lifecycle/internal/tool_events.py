"""Write down what happens to an artifact: one event for one change, in its transaction."""

from dataclasses import dataclass, field
from datetime import datetime

from aifp.helpers.lifecycle.internal.artifact_rows import subject_of
from aifp.helpers.lifecycle.internal.uses import uses_of
from aifp.helpers.shared.events import Change, record_event
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Reader, Row, Writer
from aifp.schemas.words import Actor, ArtifactStatus, ToolEvent


@dataclass(frozen=True, slots=True)
class Told:
    """What an event about an artifact says besides its type."""

    reason: str | None = None
    to_status: ArtifactStatus | None = None
    metadata: JsonMap = field(default_factory=lambda: JsonMap())


async def tell_tool(
    db: Writer, at: datetime, artifact: Row, actor: Actor, event: ToolEvent, told: Told
) -> None:
    """Append one event about an artifact; `artifact` is its row before the change.

    Every event says how much the artifact was used by then, and which code it was.
    """
    change = Change(
        event_type=event,
        from_status=str(artifact["status"]) if told.to_status else None,
        to_status=told.to_status,
        reason=told.reason,
        metadata={**await _facts(db, artifact), **told.metadata},
    )
    await record_event(db, at, subject_of(artifact), actor, change)


async def _facts(db: Reader, artifact: Row) -> JsonMap:
    """Return what every event says of an artifact: its uses, how they went, and its code."""
    uses = (await uses_of(db, artifact["id"])).facts()
    facts: JsonMap = {
        "success_rate": uses["success_rate"],
        "total_uses": uses["total_executions"],
    }
    current = await db.one("version_by_id", id=artifact["current_version_id"])
    return {**facts, "code_hash": str(current["code_hash"])} if current else facts
