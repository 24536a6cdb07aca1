"""Since when tests have been true, and the latches of watches: small marks that survive."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Database, Row, Writer

FOR = "for:"


@dataclass(frozen=True, slots=True)
class Mark:
    """One stored mark: a value and since when it stands."""

    value: JsonValue
    since: datetime | None = None


class Holds:
    """The marks of every directive, in memory and written through."""

    def __init__(self, directives: Database) -> None:
        self._directives = directives
        self._marks: dict[int, dict[str, Mark]] = {}

    async def load(self, directive_id: int) -> None:
        """Read the marks of one directive."""
        rows = await self._directives.all("holds_of_directive", directive_id=directive_id)
        self._marks[directive_id] = {str(row["hold_key"]): _mark(row) for row in rows}

    def get(self, directive_id: int, key: str) -> Mark | None:
        """Return one mark."""
        return self._marks.get(directive_id, {}).get(key)

    def under(self, directive_id: int, prefix: str) -> dict[str, Mark]:
        """Return the marks whose key begins so, by the rest of their key."""
        marks = self._marks.get(directive_id, {})
        return {k.removeprefix(prefix): m for k, m in marks.items() if k.startswith(prefix)}

    def since(self, directive_id: int) -> dict[str, datetime]:
        """Return since when each test with a `for` has been true."""
        return {k: m.since for k, m in self.under(directive_id, FOR).items() if m.since}

    async def write(self, w: Writer, directive_id: int, marks: Mapping[str, Mark | None]) -> None:
        """Write marks inside a transaction; None drops one. `keep` follows the commit."""
        for key, mark in marks.items():
            if mark is None:
                await w.run("drop_hold", directive_id=directive_id, hold_key=key)
            else:
                await w.run(
                    "keep_hold",
                    directive_id=directive_id,
                    hold_key=key,
                    value_json=json.dumps(mark.value),
                    since_at=to_text(mark.since) if mark.since else None,
                )

    def keep(self, directive_id: int, marks: Mapping[str, Mark | None]) -> None:
        """Take written marks as known."""
        known = self._marks.setdefault(directive_id, {})
        for key, mark in marks.items():
            if mark is None:
                known.pop(key, None)
            else:
                known[key] = mark


def _mark(row: Row) -> Mark:
    since = row["since_at"]
    return Mark(json.loads(str(row["value_json"])), from_text(str(since)) if since else None)
