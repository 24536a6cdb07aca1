"""One line of the lifecycle log for each event; the database is first, the file follows.

Written from the record and not where the event happens, so that a full disk never blocks a change
of state, and a line that could not be written comes later.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from aifp.helpers.shared.zones import project_zone
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.server.engine.driving.redaction import Redactor
from aifp.server.engine.logs import Logs

LOOK_EVERY = timedelta(seconds=5)
AT_ONCE = 200


class LifecycleLog:
    """Follows the audit log."""

    def __init__(self, ctx: Ctx, logs: Logs, on_events: Sequence[Callable[[], None]] = ()) -> None:
        self._ctx, self._logs, self._on_events = ctx, logs, on_events
        self._redactor = Redactor(ctx.keyring.redact)
        self._next: datetime | None = None

    async def open(self) -> None:
        """Begin from what is stored; nothing is kept here."""

    async def reload(self) -> None:
        """Plans do not matter here."""

    async def turn(self, now: datetime) -> None:
        """Write the lines of the events that have none yet."""
        self._next = now + LOOK_EVERY
        zone = await project_zone(self._ctx.project)
        while rows := await self._ctx.directives.all("events_to_log", limit=AT_ONCE):
            # A person may have switched this log on or off since.
            await self._logs.load()
            for row in rows:
                line = self._redactor.value(_line(row))
                if isinstance(line, dict):
                    await self._logs.write("lifecycle", line, zone)
            await self._remember(rows[-1], now)
            for hear in self._on_events:
                hear()

    async def _remember(self, row: Row, now: datetime) -> None:
        async with self._ctx.directives.write() as w:
            await w.run("events_logged", last=json.dumps(row["id"]), now=to_text(now))

    def next(self) -> datetime | None:
        """Look again soon: events are written by every part of the house."""
        return self._next


def _line(row: Row) -> JsonMap:
    facts = {"event" if name == "id" else name: value for name, value in row.items()}
    return {name: value for name, value in facts.items() if isinstance(value, str | int)}
