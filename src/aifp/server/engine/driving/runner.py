"""Decide where and when runs are driven: priorities, order, a limit, waiting, ending."""

import asyncio
import heapq
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from aifp.schemas.errors import AifpError, Unavailable
from aifp.schemas.ports import Ctx
from aifp.server.engine.driving.driver import Driven, Driver
from aifp.server.engine.driving.endings import Ending
from aifp.server.engine.driving.journal import Fenced

logger = logging.getLogger(__name__)

# A cancelled run may finish what is under way for so long; then it is killed.
GRACE_S = 10.0
# Looks again this often, so that clock jumps and suspends are seen.
LONGEST_NAP_S = 30.0
# When not even the end of a run can be written (a full disk, say), it is looked at again.
TRY_AGAIN = timedelta(seconds=30)

Ended = Callable[[int], None]


@dataclass(order=True, slots=True)
class Held:
    """One run in the runner's care; sorted by urgency, then by arrival."""

    rank: tuple[int, int]
    run_id: int = field(compare=False)
    lock: str = field(compare=False)
    not_before: datetime | None = field(compare=False, default=None)
    task: asyncio.Task[None] | None = field(compare=False, default=None)
    over: asyncio.Event = field(compare=False, default_factory=asyncio.Event)


class AsyncRunner:
    """Drives submitted runs on this event loop; `run` must be awaited in a task group.

    Runs with the same lock are driven one after the other, in the order they came; a run that
    waits (a sleep, a retry) keeps its lock but not its place among the running ones.
    """

    def __init__(self, ctx: Ctx, driver: Driver, concurrency: int, ended: Ended) -> None:
        self._ctx, self._driver, self._ended = ctx, driver, ended
        self._concurrency = concurrency
        self._held: dict[int, Held] = {}
        self._ready: list[Held] = []
        self._locks: dict[str, int] = {}
        self._arrivals = count()
        self._changed = asyncio.Event()
        self._closing = False

    def submit(
        self, run_id: int, priority: int, lock: str, not_before: datetime | None = None
    ) -> None:
        """Take a run into care; a run that is held already stays as it is."""
        if self._closing:
            raise Unavailable("The engine is ending; the run stays in the database.")
        if run_id in self._held:
            return
        held = Held((-priority, next(self._arrivals)), run_id, lock, not_before)
        self._held[run_id] = held
        if not_before is not None and lock:
            self._locks.setdefault(lock, run_id)
        heapq.heappush(self._ready, held)
        self._changed.set()

    async def run(self) -> None:
        """Drive what is submitted until `close`; started again, go on with what was held."""
        for held in self._held.values():
            if held.task is not None:
                held.task = None
                heapq.heappush(self._ready, held)
        async with asyncio.TaskGroup() as group:
            while not self._closing:
                self._changed.clear()
                self._start_ready(group)
                await self._ctx.clock.wait(self._changed, self._nap())
            for held in list(self._held.values()):
                if held.task:
                    held.task.cancel()

    async def cancel(self, run_id: int, reason: str, grace_s: float = GRACE_S) -> bool:
        """End an open run: let it finish what is under way, then kill it. False if it had ended."""
        held = self._held.pop(run_id, None)
        if held and held.task:
            await self._halt(held, grace_s)
        if held:
            self._release(held)
            held.over.set()
        ending = Ending("cancelled", reason)
        try:
            ended = await self._driver.end(run_id, ending)
        except Fenced:  # somebody took the run between our look and our write
            ended = await self._driver.end(run_id, ending)
        if ended:
            self._ended(run_id)
        return ended

    async def wait_for(self, run_id: int) -> None:
        """Wait until a held run has ended or waits for something."""
        if held := self._held.get(run_id):
            await held.over.wait()

    async def close(self, grace_s: float = 2.0) -> None:
        """Stop driving; every open run stays in the record and is resumed at the next start."""
        self._closing = True
        async with asyncio.TaskGroup() as group:
            for held in list(self._held.values()):
                if held.task:
                    group.create_task(self._quiet(held.run_id, grace_s))
        self._changed.set()

    def running(self) -> int:
        """Return how many runs are being driven now."""
        return sum(1 for held in self._held.values() if held.task is not None)

    def _start_ready(self, group: asyncio.TaskGroup) -> None:
        waiting: list[Held] = []
        now = self._ctx.clock.now()
        free = self._concurrency - self.running()
        while self._ready:
            held = heapq.heappop(self._ready)
            if self._held.get(held.run_id) is not held:
                continue
            if free > 0 and self._may_start(held, now):
                free -= 1
                held.task = group.create_task(self._care(held))
            else:
                waiting.append(held)
        self._ready = waiting
        heapq.heapify(self._ready)

    def _may_start(self, held: Held, now: datetime) -> bool:
        if held.not_before is not None and held.not_before > now:
            return False
        return not held.lock or self._locks.setdefault(held.lock, held.run_id) == held.run_id

    def _nap(self) -> float:
        now = self._ctx.clock.now()
        times = [h.not_before for h in self._ready if h.not_before and h.not_before > now]
        left = (min(times) - now).total_seconds() if times else LONGEST_NAP_S
        return min(max(left, 0.0), LONGEST_NAP_S)

    async def _care(self, held: Held) -> None:
        """Drive one run; whatever goes wrong stays with this run and is written down."""
        results = await asyncio.gather(self._driver.drive(held.run_id), return_exceptions=True)
        held.task = None
        match results[0]:
            case Driven(wake_at=datetime() as until):
                self._wait(held, until)
            case Driven() as driven:
                self._let_go(held, ended=driven.final)
            case BaseException() as fault:
                await self._fail(held, fault)

    def _wait(self, held: Held, until: datetime) -> None:
        held.not_before = until
        held.over.set()
        held.over = asyncio.Event()
        if self._held.get(held.run_id) is held:
            heapq.heappush(self._ready, held)
        self._changed.set()

    def _let_go(self, held: Held, *, ended: bool) -> None:
        if self._held.get(held.run_id) is held:
            del self._held[held.run_id]
        self._release(held)
        held.over.set()
        if ended:
            self._ended(held.run_id)
        self._changed.set()

    async def _fail(self, held: Held, fault: BaseException) -> None:
        """End a run whose drive broke; if even that fails, drive it from its record later."""
        if not isinstance(fault, Exception | asyncio.CancelledError):
            raise fault
        logger.error("driving run %s failed", held.run_id, exc_info=fault)
        reason = fault.code if isinstance(fault, AifpError) else "internal"
        ending = Ending("failure", reason, type(fault).__name__, str(fault)[:1000])
        closed = await asyncio.gather(self._driver.end(held.run_id, ending), return_exceptions=True)
        if isinstance(closed[0], BaseException):
            logger.error("run %s could not be ended", held.run_id, exc_info=closed[0])
            self._wait(held, self._ctx.clock.now() + TRY_AGAIN)
        else:
            self._let_go(held, ended=closed[0])

    def _release(self, held: Held) -> None:
        if self._locks.get(held.lock) == held.run_id:
            del self._locks[held.lock]

    async def _halt(self, held: Held, grace_s: float) -> None:
        """Let the run finish what is under way, then kill it, and see it gone."""
        await self._quiet(held.run_id, grace_s)
        if held.task:
            held.task.cancel()
            await asyncio.wait([held.task])

    async def _quiet(self, run_id: int, grace_s: float) -> None:
        quiet = self._driver.stop(run_id)
        if quiet is not None:
            await self._ctx.clock.wait(quiet, grace_s)
