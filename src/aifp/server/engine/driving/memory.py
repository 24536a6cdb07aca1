"""What a directive or a tool remembers: read at once, written with the run's success."""

import json
from datetime import datetime

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument, LimitExceeded
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Reader, Writer
from aifp.schemas.subjects import Subject

LONGEST_KEY = 200


class Memory:
    """The changes one run wants to make; a run that fails makes none."""

    def __init__(self, owner: Subject, limit_bytes: int) -> None:
        self._owner, self._limit = owner, limit_bytes
        self._changes: dict[str, JsonValue] = {}
        self._dropped: set[str] = set()

    async def get(self, db: Reader, key: str) -> JsonValue:
        """Return a value as this run sees it."""
        if key in self._dropped:
            return None
        if key in self._changes:
            return self._changes[key]
        return (await stored_memory(db, self._owner)).get(key)

    async def set(self, db: Reader, key: str, value: JsonValue) -> None:
        """Stage a value; the whole memory must stay within its limit."""
        if not key or len(key) > LONGEST_KEY:
            raise InvalidArgument(f"A state key has 1 to {LONGEST_KEY} characters.")
        kept = await stored_memory(db, self._owner) | self._changes | {key: value}
        size = sum(len(k) + sized(v) for k, v in kept.items() if k == key or k not in self._dropped)
        if size > self._limit:
            raise LimitExceeded(
                f"{self._owner.name} may remember {self._limit} bytes; {size} would be needed."
            )
        self.stage(key, value)

    def stage(self, key: str, value: JsonValue) -> None:
        """Stage a value that was checked before."""
        self._dropped.discard(key)
        self._changes[key] = value

    def drop(self, key: str) -> None:
        """Stage the removal of a value."""
        self._changes.pop(key, None)
        self._dropped.add(key)

    async def apply(self, db: Writer, now: datetime) -> None:
        """Write the staged changes, inside the transaction that ends the run."""
        owner = {"owner_kind": self._owner.kind, "owner_id": self._owner.id}
        for key in sorted(self._dropped):
            await db.run("forget_value", state_key=key, **owner)
        for key, value in sorted(self._changes.items()):
            await db.run(
                "remember_value",
                state_key=key,
                state_value_json=json.dumps(value),
                size_bytes=sized(value),
                now=to_text(now),
                **owner,
            )


def sized(value: JsonValue) -> int:
    """Return how much a value counts."""
    return len(json.dumps(value))


async def stored_memory(db: Reader, owner: Subject) -> JsonMap:
    """Return everything a directive or a tool remembers."""
    rows = await db.all("memory_of", owner_kind=owner.kind, owner_id=owner.id)
    return {str(row["state_key"]): json.loads(str(row["state_value_json"])) for row in rows}
