"""One loop that turns due instants into runs and hands ready runs over."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from aifp.helpers.shared.alerts import raise_alert
from aifp.helpers.shared.outbox import tell_directive
from aifp.schemas.alerts import NewAlert
from aifp.schemas.errors import AifpError
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Clock, Database
from aifp.schemas.subjects import Subject
from aifp.server.engine.rounds import nap_until
from aifp.server.engine.starting.claims import Pace, Stale, claim_lot, is_stopped, schedule_columns
from aifp.server.engine.starting.dispatch import Dispatcher
from aifp.server.engine.starting.lots import Lot, lot_of
from aifp.server.engine.starting.plans import Plan, Plans
from aifp.server.engine.starting.schedule import Heap
from aifp.server.engine.starting.timetable import first_due
from aifp.server.engine.switch import ENGINE

# Directives claimed in one transaction.
BATCH = 50
# Time servers correct by less; more than this is a person or a wrong clock.
SET_BACK = timedelta(seconds=60)
# One look at thousands of directives takes far less; a stuck one must not block its askers.
CATCH_UP_S = 2.0

logger = logging.getLogger(__name__)


class Scheduler:
    """Keeps the heap equal to the plans, claims what is due, and sleeps until the next."""

    def __init__(
        self,
        directives: Database,
        clock: Clock,
        plans: Plans,
        dispatcher: Dispatcher,
        on_change: Callable[[], None],
    ) -> None:
        self._directives, self._clock, self._plans = directives, clock, plans
        self._dispatcher, self._on_change = dispatcher, on_change
        self._heap, self._pace = Heap(), Pace()
        self._changed = True
        self._latest: datetime | None = None
        self._woken = asyncio.Event()
        self._asked, self._seen = 0, 0
        self._looked = asyncio.Event()

    def wake(self) -> None:
        """Look again: a directive or a run changed."""
        self._asked += 1
        self._changed = True
        self._woken.set()

    async def caught_up(self) -> None:
        """Wait until what `wake` told before is known here; give up when that takes too long."""
        asked = self._asked
        with suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP_S):
                while self._seen < asked:
                    self._looked.clear()
                    await self._looked.wait()

    def nudge(self) -> None:
        """Hand over what is ready: a run was opened or may go on."""
        self._woken.set()

    async def run(self) -> None:
        """Turn for ever; begin from what is stored, whatever an earlier life of this task had."""
        self._plans.clear()
        self._heap, self._changed = Heap(), True
        while True:
            self._woken.clear()
            await self.turn()
            await self._clock.wait(self._woken, await self._nap())

    async def turn(self) -> None:
        """Do everything that is due now."""
        if self._changed:
            self._changed, asked = False, self._asked
            await self._refresh()
            self._seen = asked
            self._looked.set()
        await self._notice_clock()
        while batch := self._heap.pop_due(self._clock.now(), BATCH):
            await self._claim(batch)
        await self._dispatcher.hand_over()

    async def _notice_clock(self) -> None:
        """Tell when the clock was set back: what had been due already will not be again."""
        now, latest = self._clock.now(), self._latest
        self._latest = max(now, latest or now)
        if latest is None or latest - now < SET_BACK or not len(self._heap):
            return
        self._latest = now
        async with self._directives.write() as w:
            await raise_alert(w, now, ENGINE, _set_back(latest, now))

    async def _refresh(self) -> None:
        first = not self._plans.loaded
        change = await self._plans.refresh(self._clock.now())
        for gone in change.gone:
            self._heap.put(gone, 0, None)
        for bad in change.unreadable:
            await self._break(
                bad.directive_id, bad.name, f"its stored form is damaged: {bad.fault}"
            )
        nexts: list[tuple[Plan, datetime | None]] = []
        for plan in change.changed:
            try:
                due = first_due(plan.directive, plan.since)
            except AifpError as fault:
                await self._break(plan.directive_id, plan.name, str(fault))
            else:
                nexts.append((plan, due.at if due else None))
        await self._show(nexts)
        if first or change.changed or change.gone:
            self._on_change()

    async def _show(self, nexts: list[tuple[Plan, datetime | None]]) -> None:
        for plan, at in nexts:
            self._heap.put(plan.directive_id, plan.directive.priority, at)
        news = [(plan, at) for plan, at in nexts if (at and to_text(at)) != plan.shown_due]
        for first in range(0, len(news), BATCH):
            async with self._directives.write() as w:
                for plan, at in news[first : first + BATCH]:
                    await w.run("set_next_due", **schedule_columns(plan, at))

    async def _break(self, directive_id: int, name: str, fault: str) -> None:
        """Put a directive that cannot be scheduled into error; the others go on."""
        logger.error("directive %s cannot be scheduled: %s", name, fault)
        self._heap.put(directive_id, 0, None)
        async with self._directives.write() as w:
            at = to_text(self._clock.now())
            await w.run("break_directive", id=directive_id, reason=fault, at=at)
            subject = Subject(kind="directive", id=str(directive_id), name=name)
            await raise_alert(w, self._clock.now(), subject, _broken(name, fault))
            await tell_directive(w, self._clock.now(), directive_id)

    async def _claim(self, batch: list[int]) -> None:
        now = self._clock.now()
        plans = [plan for known in batch if (plan := self._plans.get(known)) is not None]
        lots = [(plan, await lot_of(plan.directive, plan.since, now)) for plan in plans]
        try:
            async with self._directives.write() as w:
                stopped = await is_stopped(w)
                for plan, lot in lots:
                    await claim_lot(w, plan, lot, now, None if stopped else self._pace)
        except Stale:
            await self._claim_apart(lots, now)
        else:
            for plan, lot in lots:
                self._done(plan, lot)

    async def _claim_apart(self, lots: list[tuple[Plan, Lot]], now: datetime) -> None:
        """Claim one by one, so that a directive that changed does not hold up the others."""
        for plan, lot in lots:
            try:
                async with self._directives.write() as w:
                    stopped = await is_stopped(w)
                    await claim_lot(w, plan, lot, now, None if stopped else self._pace)
            except Stale:
                self._plans.forget(plan.directive_id)
                self._changed = True
                self._woken.set()
            else:
                self._done(plan, lot)

    def _done(self, plan: Plan, lot: Lot) -> None:
        self._plans.processed(plan, lot.until)
        self._heap.put(plan.directive_id, plan.directive.priority, lot.next)

    async def _nap(self) -> float:
        first, wake = self._heap.first(), await self._dispatcher.next_wake()
        return nap_until(min((at for at in (first, wake) if at), default=None), self._clock.now())


def _set_back(latest: datetime, now: datetime) -> NewAlert:
    return NewAlert(
        severity="warning",
        code="clock_set_back",
        message=f"The clock went back from {to_text(latest)} to {to_text(now)}; due times that "
        "already have a record are not run again.",
        suggestion="New due times begin after the later time. If that was wrong, deactivate and "
        "activate what shall begin now.",
    )


def _broken(name: str, fault: str) -> NewAlert:
    return NewAlert(
        severity="critical",
        code="cannot_schedule",
        message=f"{name} cannot be scheduled: {fault}",
        suggestion=f"Mend the file and update {name}.",
    )
