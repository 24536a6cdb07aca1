"""Daily cleaning: old runs, steps and log files; requests that nobody answered."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aifp.helpers.shared.alerts import raise_alert
from aifp.helpers.shared.zones import project_zone
from aifp.schemas.alerts import NewAlert
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.subjects import Subject

DAY = timedelta(days=1)
# Step details live this long (D71); runs as long as their directive says, 90 days by default.
STEPS_KEPT = timedelta(days=30)
# Ids looked at in one go, and rows deleted in one transaction: no other writer waits long.
WINDOW, BATCH = 5_000, 100

# Deletes and packs log files by their date.
Prune = Callable[[ZoneInfo], Awaitable[int]]


class Maintenance:
    """Cleans once a day and at start; expires requests whenever it comes by."""

    def __init__(self, ctx: Ctx, prune: Prune, nudge: Callable[[], None]) -> None:
        self._ctx, self._prune, self._nudge = ctx, prune, nudge
        self._cleaned: datetime | None = None

    async def open(self) -> None:
        """Clean at each start."""
        self._cleaned = None

    async def reload(self) -> None:
        """Nothing here depends on the plans."""

    async def turn(self, now: datetime) -> None:
        """Expire requests, and clean when a day has gone by."""
        await self.expire(now)
        if self._cleaned is None or now - self._cleaned >= DAY:
            self._cleaned = now
            await self.clean(now)

    def next(self) -> datetime | None:
        """Return when a day will have gone by."""
        return self._cleaned + DAY if self._cleaned else None

    async def expire(self, now: datetime) -> int:
        """Close the requests whose time is over; waiting runs go on to their end."""
        due = await self._ctx.directives.all("requests_to_expire", now=to_text(now))
        for row in due:
            async with self._ctx.directives.write() as w:
                if await w.run("expire_request", id=row["id"], now=to_text(now)):
                    subject = Subject(
                        kind=str(row["subject_kind"]),
                        id=str(row["subject_id"]),
                        name=str(row["subject_name"]),
                    )
                    await raise_alert(w, now, subject, _expired(subject))
        if due:
            self._nudge()
        return len(due)

    async def clean(self, now: datetime) -> None:
        """Drop what is older than it is kept; where no automation is used there is nothing."""
        newest = await self._ctx.directives.one("newest_run")
        if newest is None:
            return
        last = int(newest["id"] or 0)
        await self._each("runs_with_old_steps", last, now - STEPS_KEPT, self._drop_steps)
        await self._each("runs_to_drop", last, now, self._drop_runs)
        async with self._ctx.directives.write() as w:
            await w.run("drop_expired_state", now=to_text(now))
            await w.run("note_maintenance", now=to_text(now))
        await self._prune(await project_zone(self._ctx.project))

    async def _each(
        self, which: str, last: int, now: datetime, drop: Callable[[list[Row]], Awaitable[None]]
    ) -> None:
        for after in range(0, last, WINDOW):
            rows = await self._window(which, after, now)
            for first in range(0, len(rows), BATCH):
                await drop(rows[first : first + BATCH])

    async def _window(self, which: str, after: int, now: datetime) -> list[Row]:
        reader, at = self._ctx.directives, to_text(now)
        if which == "runs_to_drop":
            return await reader.all("runs_to_drop", after=after, until=after + WINDOW, now=at)
        return await reader.all("runs_with_old_steps", after=after, until=after + WINDOW, now=at)

    async def _drop_steps(self, rows: list[Row]) -> None:
        async with self._ctx.directives.write() as w:
            for row in rows:
                await w.run("drop_steps", run_id=row["id"])

    async def _drop_runs(self, rows: list[Row]) -> None:
        async with self._ctx.directives.write() as w:
            for row in rows:
                await w.run("drop_run", id=row["id"])


async def last_maintenance(ctx: Ctx) -> datetime | None:
    """Return when the daemon last cleaned."""
    row = await ctx.directives.one("last_maintenance")
    return from_text(str(row["updated_at"])) if row else None


def _expired(subject: Subject) -> NewAlert:
    return NewAlert(
        severity="info",
        code="approval_expired",
        message=f"Nobody answered the request for {subject.kind} {subject.name} in time.",
        suggestion="Ask again if it is still wanted.",
    )
