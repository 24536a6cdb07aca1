"""Looks after the tools once a day, and whenever somebody asks for it; one at a time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aifp.helpers.lifecycle.internal.freeing import Discard
from aifp.helpers.lifecycle.internal.maintenance_report import Broom, last_upkeep, maintain
from aifp.helpers.shared.zones import project_zone
from aifp.schemas.errors import AifpError
from aifp.schemas.instants import from_text
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import RunReport, UpkeepRequest
from aifp.schemas.upkeep import UpkeepReport

logger = logging.getLogger(__name__)

DAY = timedelta(days=1)
# Where there is nothing to look after yet, or it could not be done: look again then.
AGAIN = timedelta(hours=1)

# Deletes and packs log files by their date.
Prune = Callable[[ZoneInfo], Awaitable[int]]


class Upkeep:
    """The daily maintenance of tools; how long ago the last one was is read from the record."""

    def __init__(self, ctx: Ctx, prune: Prune, discard: Discard) -> None:
        self._ctx, self._prune = ctx, prune
        self._broom = Broom(self._prune_logs, discard)
        self._due: datetime | None = None
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Go on where the last day of work ended."""
        self._due = None

    async def reload(self) -> None:
        """Nothing here depends on the plans."""

    async def turn(self, now: datetime) -> None:
        """Look after the tools when a day has gone by, the first one from the first tool on."""
        if self._due is not None and now < self._due:
            return
        try:
            self._due = await self._next_day()
            if self._due is not None and self._due <= now:
                await self._maintain(dry_run=False)
        except AifpError as fault:
            logger.warning("the tools could not be looked after: %s", fault)
            self._due = None
        self._due = self._due or now + AGAIN

    def next(self) -> datetime | None:
        """Return when the next day will have gone by."""
        return self._due

    async def asked(self, request: UpkeepRequest) -> RunReport:
        """Look after the tools now, or tell what would be done."""
        report = await self._maintain(dry_run=request.dry_run)
        return RunReport(
            success=report.success,
            run_id=report.run_id,
            status="success" if report.success else "failure",
            result=report.model_dump(mode="json"),
        )

    async def _maintain(self, *, dry_run: bool) -> UpkeepReport:
        async with self._turn:
            now = self._ctx.clock.now()
            report = await maintain(self._ctx, self._broom, dry_run=dry_run)
            if not dry_run:
                self._due = now + DAY
            return report

    async def _next_day(self) -> datetime | None:
        """Return when a day is over since the last time; None while there is no tool."""
        last = await last_upkeep(self._ctx)
        if last is not None:
            return last + DAY
        first = await self._ctx.directives.one("first_tool")
        return from_text(str(first["created_at"])) + DAY if first else None

    async def _prune_logs(self) -> int:
        return await self._prune(await project_zone(self._ctx.project))
