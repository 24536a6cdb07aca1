"""What follows from an ended run, drawn exactly once, even over a crash."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from aifp.helpers.user_directives.internal.breaker import Move, count_outcome
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row, Writer
from aifp.schemas.words import RunStatus
from aifp.server.engine.driving.notices import directive_subject, note_telling
from aifp.server.engine.sources.runs import RunStarts, open_notice, outcomes_of
from aifp.server.engine.starting.needs import waiting_for
from aifp.server.engine.starting.plans import Plan, Plans

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settled:
    """One ended run whose consequences are drawn."""

    run_id: int
    directive_id: int
    status: RunStatus
    reason: str | None
    due_at: str | None
    name: str | None
    was_driven: bool
    tripped: bool


# Hears of each settled run: log line, answer to a waiting caller, watch over the directive.
OnSettled = Callable[[Settled], Awaitable[None]]


class Consequences:
    """Counts ended runs, moves lines on, starts what waited for them, and tells people once."""

    def __init__(
        self,
        ctx: Ctx,
        plans: Plans,
        on_settled: list[OnSettled],
        wake: Callable[[], None],
        nudge: Callable[[], None],
        let_go: Callable[[int], None],
    ) -> None:
        self._ctx, self._plans = ctx, plans
        self._starts = RunStarts(plans)
        self._on_settled, self._let_go = on_settled, let_go
        self._wake, self._nudge = wake, nudge
        self._turn = asyncio.Lock()
        self._refused: set[object] = set()

    async def open(self) -> None:
        """Begin from what is stored."""
        self._refused.clear()

    async def reload(self) -> None:
        """Look through the plans again after some changed."""
        self._starts.reload()

    async def turn(self, now: datetime) -> None:
        """Settle every ended run that has not been settled."""
        async with self._turn:
            while rows := await self._unsettled():
                for row in rows:
                    await self._settle_apart(row, now)
                self._nudge()

    def next(self) -> datetime | None:
        """Nothing here has a time of its own; ends of runs wake this part."""
        return None

    async def _unsettled(self) -> list[Row]:
        rows = await self._ctx.directives.all("unsettled_runs")
        return [row for row in rows if row["id"] not in self._refused]

    async def _settle_apart(self, row: Row, now: datetime) -> None:
        """Keep trouble with one run from the others; the next start tries it again."""
        results = await asyncio.gather(self._settle(row, now), return_exceptions=True)
        match results[0]:
            case Exception() as fault:
                self._refused.add(row["id"])
                logger.error("the end of run %s could not be settled", row["id"], exc_info=fault)
            case BaseException() as fault:
                raise fault
            case None:
                pass

    async def _settle(self, row: Row, now: datetime) -> None:
        run_id = int(row["id"] or 0)
        async with self._ctx.directives.write() as w:
            if not await w.run("settle_run", id=run_id):
                return
            made = await self._draw(w, row, now)
        self._let_go(run_id)
        if made.trips:
            self._wake()
        settled = self._settled(row, made)
        for hear in self._on_settled:
            await hear(settled)

    def _settled(self, row: Row, made: Move) -> Settled:
        directive_id = int(row["directive_id"] or 0)
        plan = self._plans.get(directive_id)
        return Settled(
            run_id=int(row["id"] or 0),
            directive_id=directive_id,
            status=cast("RunStatus", row["status"]),
            reason=str(row["reason"]) if row["reason"] else None,
            due_at=str(row["due_at"]) if row["due_at"] else None,
            name=plan.name if plan else None,
            was_driven=row["epoch"] != 0,
            tripped=made.trips,
        )

    async def _draw(self, w: Writer, row: Row, now: datetime) -> Move:
        status, directive_id = cast("RunStatus", row["status"]), int(row["directive_id"] or 0)
        await w.run("first_in_line", directive_id=directive_id, at=to_text(now))
        await w.run("withdraw_request_of_run", run_id=str(row["id"]), at=to_text(now))
        if row["trigger_source"] == "system":
            # Steps that tell of a failure do not count as runs of the directive.
            await self._note_telling(w, row, status, now)
            return Move(0, failing=False)
        threshold = self._ctx.settings.breaker_threshold
        made = await count_outcome(w, now, directive_id, status, threshold)
        plan = self._plans.get(directive_id)
        if plan is not None:
            await self._pass_on(w, plan, row, made, now)
        return made

    async def _note_telling(self, w: Writer, row: Row, status: RunStatus, now: datetime) -> None:
        plan = self._plans.get(int(row["directive_id"] or 0))
        if plan is not None:
            subject = directive_subject(plan.directive_id, plan.name)
            await note_telling(w, now, subject, int(row["id"] or 0), status)

    async def _pass_on(self, w: Writer, plan: Plan, row: Row, made: Move, now: datetime) -> None:
        run_id = int(row["id"] or 0)
        await w.run("wake_needing", reason=waiting_for(plan.name), at=to_text(now))
        outcomes = outcomes_of(cast("RunStatus", row["status"]), made)
        ended = (run_id, outcomes, depth_of(json.loads(str(row["trigger_json"]))))
        await self._starts.follow(w, plan.name, ended, now)
        await open_notice(w, plan, run_id, made, now)


def depth_of(trigger: JsonMap) -> int:
    """Return how many runs led to this one."""
    depth = trigger.get("depth")
    return depth if isinstance(depth, int) else 0
