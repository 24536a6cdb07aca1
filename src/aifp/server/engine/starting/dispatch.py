"""Opened runs go to the runner when their time has come."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Clock, Database, Row

# What was handed over is remembered only to spare the runner; a run that it let go of in the
# same moment must not be forgotten, so all ready runs are offered again now and then.
HAND_AGAIN_S = 5.0


class Runner(Protocol):
    """Decides where and when a run is driven."""

    def submit(self, run_id: int, priority: int, lock: str) -> None:
        """Take a run; runs with one lock are driven one after the other."""
        ...

    async def cancel(self, run_id: int, reason: str) -> bool:
        """End a driven run."""
        ...


Cancel = Callable[[int, str], Awaitable[object]]


class Dispatcher:
    """Hands over each ready run once; a run that must wait is let go and comes back later."""

    def __init__(self, directives: Database, clock: Clock, runner: Runner) -> None:
        self._directives, self._clock, self._runner = directives, clock, runner
        self._handed: set[int] = set()
        self._handed_since = 0.0

    async def hand_over(self) -> int:
        """Submit every ready run and return how many."""
        if self._clock.monotonic() - self._handed_since > HAND_AGAIN_S:
            self._handed.clear()
            self._handed_since = self._clock.monotonic()
        rows = await self._directives.all("ready_runs", now=to_text(self._clock.now()))
        fresh = [row for row in rows if int(row["id"] or 0) not in self._handed]
        for row in fresh:
            self._handed.add(int(row["id"] or 0))
            self._runner.submit(int(row["id"] or 0), int(row["priority"] or 0), lock_of(row))
        return len(fresh)

    def let_go(self, run_id: int) -> None:
        """Hear that the runner no longer holds this run."""
        self._handed.discard(run_id)

    async def next_wake(self) -> datetime | None:
        """Return when the first waiting run must be looked at again."""
        row = await self._directives.one("next_wake")
        return from_text(str(row["wake_at"])) if row and row["wake_at"] else None

    async def advance_lines(self) -> None:
        """After a restart: let the first of each line try that nobody holds up."""
        at = to_text(self._clock.now())
        rows = await self._directives.all("lines_to_advance")
        if rows:
            async with self._directives.write() as w:
                for row in rows:
                    await w.run("first_in_line", directive_id=row["directive_id"], at=at)


def lock_of(row: Row) -> str:
    """Catch-up starts of one directive go one after the other; others may meet and overlap."""
    if row["trigger_source"] == "catch_up":
        return f"catch-up of {row['directive_id']}"
    return f"run {row['id']}"
