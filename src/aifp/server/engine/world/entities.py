"""Entities: reports come in, starts and conditions that look at them react."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Clock, Database
from aifp.schemas.starts import StateStart, ValueStart, WatchStart
from aifp.server.engine.starting.plans import Plan, Plans
from aifp.server.engine.world.entity_starts import EntityStarts
from aifp.server.engine.world.holds import Holds
from aifp.server.engine.world.observations import Observations
from aifp.server.engine.world.watches import ReadFor, Watches


class Entities:
    """The one place where the world outside changes, in order."""

    def __init__(
        self,
        directives: Database,
        clock: Clock,
        plans: Plans,
        observations: Observations,
        holds: Holds,
        read_for: ReadFor,
        nudge: Callable[[], None],
    ) -> None:
        self._directives, self._clock, self._plans = directives, clock, plans
        self._observations, self._holds = observations, holds
        self._starts = EntityStarts(directives, plans, holds)
        self._watches = Watches(directives, clock, plans, observations, holds, read_for)
        self._nudge = nudge
        self._turn = asyncio.Lock()
        self._loaded: set[int] = set()

    async def open(self) -> None:
        """Read what was known when the daemon ended."""
        self._loaded.clear()
        await self._observations.load()

    async def observe(self, entity: str, value: JsonValue, attributes: JsonMap) -> None:
        """Take a report about an entity; runs it starts are open when this returns."""
        async with self._turn:
            now = self._clock.now()
            change = self._observations.change(entity, value, attributes, now)
            async with self._directives.write() as w:
                await self._observations.store(w, change, now)
                await self._starts.changed(w, change, now)
            self._observations.keep(change)
            await self._watches.entity_changed(entity)
        self._nudge()

    async def reload(self) -> None:
        """Look through the plans again after some changed."""
        for plan in self._plans:
            if plan.directive_id not in self._loaded and _remembers(plan):
                await self._holds.load(plan.directive_id)
                self._loaded.add(plan.directive_id)
        self._starts.reload()
        self._watches.reload()

    async def turn(self, now: datetime) -> None:
        """Open the runs of `for` times that ran out and test the conditions that are due."""
        async with self._turn:
            await self._starts.ripen(now)
        await self._watches.test_due(now)
        self._nudge()

    def next(self) -> datetime | None:
        """Return when something is due next."""
        times = (self._starts.next(), self._watches.next())
        return min((at for at in times if at is not None), default=None)


def _remembers(plan: Plan) -> bool:
    """Say whether a directive can have marks: it watches something or has a guard."""
    watching = (*plan.starts(WatchStart), *plan.starts(StateStart), *plan.starts(ValueStart))
    return bool(watching) or plan.directive.if_ is not None
