"""What is known about the world outside: the last value of every entity."""

import json
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Database, Row, Writer

# States that say nothing; what they hide is unknown (directive-format 6).
UNAVAILABLE = frozenset({"unavailable", "unknown"})


@dataclass(frozen=True, slots=True)
class Observation:
    """The last known state of an entity."""

    value: JsonValue
    attributes: JsonMap
    changed_at: datetime

    def read(self, attribute: str | None) -> JsonValue:
        """Return the state, or one attribute; None where there is none."""
        return self.value if attribute is None else self.attributes.get(attribute)


@dataclass(frozen=True, slots=True)
class Change:
    """An entity before and after; `old` is None the first time it is heard of."""

    entity: str
    old: Observation | None
    new: Observation


class Observations:
    """All entities in memory, each change written through."""

    def __init__(self, directives: Database) -> None:
        self._directives = directives
        self._known: dict[str, Observation] = {}

    async def load(self) -> None:
        """Read what was known when the daemon ended."""
        rows = await self._directives.all("observations")
        self._known = {str(row["entity"]): _observation(row) for row in rows}

    def get(self, entity: str) -> Observation | None:
        """Return what is known about an entity."""
        return self._known.get(entity)

    def change(self, entity: str, value: JsonValue, attributes: JsonMap, at: datetime) -> Change:
        """Compare a report with what is known; nothing is kept yet."""
        old = self._known.get(entity)
        changed_at = old.changed_at if old is not None and old.value == value else at
        return Change(entity, old, Observation(value, attributes, changed_at))

    async def store(self, w: Writer, change: Change, at: datetime) -> None:
        """Write a change inside a transaction."""
        await w.run(
            "observe",
            entity=change.entity,
            value_json=json.dumps(change.new.value),
            attributes_json=json.dumps(change.new.attributes),
            changed_at=to_text(change.new.changed_at),
            seen_at=to_text(at),
        )

    def keep(self, change: Change) -> None:
        """Take a written change as known."""
        self._known[change.entity] = change.new


def is_unavailable(value: JsonValue) -> bool:
    """Say whether a state hides what it should tell."""
    return value is None or (isinstance(value, str) and value in UNAVAILABLE)


def _observation(row: Row) -> Observation:
    return Observation(
        json.loads(str(row["value_json"])),
        json.loads(str(row["attributes_json"])),
        from_text(str(row["changed_at"])),
    )
