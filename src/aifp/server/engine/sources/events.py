"""Named events: whoever emits one starts the directives that wait for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from aifp.helpers.user_directives.internal.language.expressions.evaluation import evaluate
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Clock, Database
from aifp.schemas.starts import EventStart
from aifp.server.engine.starting.claims import Event, claim_event, trigger_of
from aifp.server.engine.starting.guards import tree_of
from aifp.server.engine.starting.plans import Plan, Plans
from aifp.server.engine.world.conditions import DirectiveWorld
from aifp.server.engine.world.observations import Observations


@dataclass(frozen=True, slots=True)
class Emitted:
    """One event; its id makes it unique, `depth` says how many runs led to it."""

    id: str
    name: str
    source: str | None = None
    data: JsonMap = field(default_factory=lambda: JsonMap())
    depth: int = 0


class EventStarts:
    """Matches emitted events with `event` starts."""

    def __init__(
        self,
        directives: Database,
        clock: Clock,
        plans: Plans,
        observations: Observations,
        nudge: Callable[[], None],
    ) -> None:
        self._directives, self._clock, self._plans = directives, clock, plans
        self._observations, self._nudge = observations, nudge

    async def emit(self, emitted: Emitted) -> list[int]:
        """Open the runs that an event starts and return their ids."""
        now = self._clock.now()
        fitting = [
            (plan, start)
            for plan in self._plans
            for _, start in plan.starts(EventStart)
            if self._fits(plan, start, emitted, now)
        ]
        if not fitting:
            return []
        async with self._directives.write() as w:
            opened = [
                await claim_event(w, plan, _event(start, emitted, now), now)
                for plan, start in fitting
            ]
        self._nudge()
        return [run_id for run_id in opened if run_id is not None]

    def _fits(self, plan: Plan, start: EventStart, emitted: Emitted, now: datetime) -> bool:
        if start.name != emitted.name or (start.source and start.source != emitted.source):
            return False
        if start.data and any(emitted.data.get(k) != v for k, v in start.data.items()):
            return False
        if start.where is None:
            return True
        data: JsonMap = {"trigger": _trigger(start, emitted), "vars": plan.directive.vars}
        world = DirectiveWorld(plan.directive, self._observations, now, data)
        return evaluate(tree_of(start.where), world).value is True


def _trigger(start: EventStart, emitted: Emitted) -> JsonMap:
    return trigger_of(start, start.kind, value=emitted.name, data=emitted.data)


def _event(start: EventStart, emitted: Emitted, now: datetime) -> Event:
    return Event(
        id=f"event:{emitted.id}",
        at=now,
        source="trigger",
        trigger=_trigger(start, emitted),
        depth=emitted.depth,
    )
