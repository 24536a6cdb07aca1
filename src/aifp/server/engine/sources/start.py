"""`start`: the daemon has started."""

from collections.abc import Callable
from datetime import datetime

from aifp.schemas.instants import to_text
from aifp.schemas.ports import Clock, Database
from aifp.schemas.starts import DaemonStart
from aifp.server.engine.starting.claims import Event, claim_event, trigger_of
from aifp.server.engine.starting.plans import Plans


class StartSource:
    """Opens one run per start of the daemon, also if this part itself is started again."""

    def __init__(
        self, directives: Database, clock: Clock, plans: Plans, nudge: Callable[[], None]
    ) -> None:
        self._directives, self._plans, self._nudge = directives, plans, nudge
        self._started = clock.now()
        self._done = False

    async def open(self) -> None:
        """Nothing is stored here."""

    async def reload(self) -> None:
        """Fire once, as soon as the plans are known."""
        if self._done or not self._plans.loaded:
            return
        starting = [(plan, start) for plan in self._plans for _, start in plan.starts(DaemonStart)]
        if starting:
            async with self._directives.write() as w:
                for plan, start in starting:
                    await claim_event(w, plan, self._event(start), self._started)
        self._done = True
        self._nudge()

    def _event(self, start: DaemonStart) -> Event:
        at = self._started
        return Event(f"start:{to_text(at)}", at, "trigger", trigger_of(start, start.kind))

    async def turn(self, now: datetime) -> None:
        """Nothing comes due here."""

    def next(self) -> datetime | None:
        """Nothing is due later."""
        return None
