"""Watches over what was deployed lately: after each of its runs, and when its window ends."""

import logging
from datetime import datetime

from aifp.helpers.lifecycle.internal.health import closes_after, closes_at_last
from aifp.helpers.lifecycle.internal.watching import Means, check_deployment
from aifp.schemas.errors import AifpError
from aifp.schemas.ports import Ctx, Row

logger = logging.getLogger(__name__)


class Health:
    """Checks each deployment that is watched once for each change in its number of runs."""

    def __init__(self, ctx: Ctx, means: Means) -> None:
        self._ctx, self._means = ctx, means
        self._seen: dict[int, int] = {}
        self._next: datetime | None = None

    async def open(self) -> None:
        """Look at every deployment once."""
        self._seen.clear()

    async def reload(self) -> None:
        """Nothing here depends on the plans."""

    async def turn(self, now: datetime) -> None:
        """Check what has run since the last look, and what has been watched long enough."""
        rows = await self._ctx.directives.all("deployments_watched")
        for row in rows:
            await self._look(row, now)
        self._seen = {key: self._seen[key] for row in rows if (key := _key(row)) in self._seen}
        ends = [end for row in rows for end in _ends(row) if end > now]
        self._next = min(ends, default=None)

    def next(self) -> datetime | None:
        """Return when the next window may end; runs wake this part as well."""
        return self._next

    async def _look(self, row: Row, now: datetime) -> None:
        runs = int(str(row["total_runs"]))
        if self._seen.get(_key(row)) == runs and not any(
            self._next is not None and self._next <= now and end <= now for end in _ends(row)
        ):
            return
        try:
            await check_deployment(self._ctx, row, self._means)
        except AifpError as fault:
            # Seen again at its next run, or at the next start.
            logger.warning("the deployment of %s could not be checked: %s", row["name"], fault)
        self._seen[_key(row)] = runs


def _key(row: Row) -> int:
    return int(str(row["id"]))


def _ends(row: Row) -> tuple[datetime, datetime]:
    return closes_after(row), closes_at_last(row)
