"""Long-lived tasks that are started again when they die, and counted."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from aifp.schemas.ports import Clock

# The pause before a task that died is started again; doubled each time, up to the longest.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 30.0
# A task that lived so long was well; its next pause is the first one again.
WELL_AFTER_S = 60.0

Body = Callable[[], Awaitable[None]]
# Hears of each restart: name of the task, what it died of, how often it has died.
OnRestart = Callable[[str, str, int], Awaitable[None]]

logger = logging.getLogger(__name__)


class Supervisor:
    """Owns the tasks of the engine: none dies silently, none survives `close`."""

    def __init__(self, clock: Clock, on_restart: OnRestart | None = None) -> None:
        self._clock, self._on_restart = clock, on_restart
        self._stack = AsyncExitStack()
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closing = asyncio.Event()
        self.restarts: dict[str, int] = {}

    async def open(self) -> None:
        """Get ready to keep tasks."""
        self._closing.clear()
        self._group = await self._stack.enter_async_context(asyncio.TaskGroup())

    def keep(self, name: str, body: Body) -> None:
        """Run a body for ever, whatever happens to it."""
        if self._group is None:
            raise RuntimeError("open the supervisor before it can keep tasks")
        self.restarts[name] = 0
        self._tasks[name] = self._group.create_task(self._run(name, body), name=name)

    def let_end(self) -> None:
        """From now on a task that ends stays ended."""
        self._closing.set()

    async def end_all_but(self, *kept: str) -> None:
        """End some tasks and see them gone, so that the others can finish in peace."""
        self.let_end()
        ending = [task for name, task in self._tasks.items() if name not in kept]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def close(self) -> None:
        """End every task and wait for them."""
        await self.end_all_but()
        await self._stack.aclose()
        self._group = None
        self._tasks.clear()

    async def _run(self, name: str, body: Body) -> None:
        pause = FIRST_PAUSE_S
        while not self._closing.is_set():
            began = self._clock.monotonic()
            died_of = await self._once(name, body)
            if self._closing.is_set():
                return
            self.restarts[name] += 1
            if self._clock.monotonic() - began > WELL_AFTER_S:
                pause = FIRST_PAUSE_S
            await self._guarded(name, self._tell(name, died_of))
            await self._guarded(name, self._clock.wait(self._closing, pause))
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _once(self, name: str, body: Body) -> str:
        try:
            await body()
        except asyncio.CancelledError:
            return self._cancelled()
        except Exception as fault:  # nothing may end the engine's tasks silently
            logger.exception("task %s died and is started again", name)
            return f"{type(fault).__name__}: {fault}"
        return "it returned"

    async def _guarded(self, name: str, work: Awaitable[object]) -> None:
        """Do what surrounds a restart; its own trouble must not end the task either."""
        try:
            await work
        except asyncio.CancelledError:
            self._cancelled()
        except Exception:  # as above
            logger.exception("trouble while task %s was started again", name)

    def _cancelled(self) -> str:
        """Swallow a cancellation that is not ours; `close` sets the event before it cancels."""
        task = asyncio.current_task()
        if task is not None and not self._closing.is_set():
            task.uncancel()
        return "it was cancelled"

    async def _tell(self, name: str, died_of: str) -> None:
        if self._on_restart is not None:
            await self._on_restart(name, died_of, self.restarts[name])
