"""The files of tools and implementations: compared when they move, and every minute."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

from aifp.helpers.lifecycle.internal.reconciling import Step, sync_step
from aifp.helpers.lifecycle.internal.tool_alerts import ALL_TOOLS, sync_stopped
from aifp.helpers.shared.alerts import raise_alert
from aifp.schemas.errors import AifpError, ApprovalRequired, FileMissing, NoSuch, Unavailable
from aifp.schemas.ports import Ctx, FoundFile
from aifp.server.engine.sources.file_marks import Patience

# Where nobody watches, changes are found within a minute (L25).
EVERY = timedelta(seconds=60)
# Something is not decided yet: a file that is being written, or was missed once.
SOON = timedelta(seconds=1)

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)


class ToolSync:
    """Takes over what the files say, and tells the engine when anything is not as it was."""

    def __init__(self, ctx: Ctx, changed: Callable[[], None]) -> None:
        self._ctx, self._changed = ctx, changed
        self._patience = Patience()
        self._due: datetime | None = None
        self._moved = True
        self._folders: tuple[str, ...] = ()
        self.others = asyncio.Event()

    async def open(self) -> None:
        """Look at each start: files change while the daemon is down."""
        self._due, self._moved = None, True

    async def reload(self) -> None:
        """Nothing here depends on the plans."""

    async def turn(self, now: datetime) -> None:
        """Compare when something moved, or its time has come."""
        if not self._moved and self._due is not None and now < self._due:
            return
        self._moved, self._due = False, now + EVERY
        try:
            await self._step(now)
        except (FileMissing, Unavailable) as fault:
            await self._stopped(now, fault)
        except AifpError as fault:
            logger.warning("the files of the tools could not be compared: %s", fault)

    def next(self) -> datetime | None:
        """Return when to compare next."""
        return self._due

    def moved(self) -> None:
        """Hear that something moved in the folders."""
        self._moved = True

    def folders(self) -> list[str]:
        """Return the folders whose files matter."""
        return sorted({self._ctx.settings.tools_folder, *self._folders})

    async def _step(self, now: datetime) -> None:
        step = await sync_step(self._ctx, self._is_being_written)
        self._patience.keep_only({(path,) for path in step.moved if step.again})
        if step.again:
            self._due = now + SOON
        if step.folders != self._folders:
            self._folders = step.folders
            self.others.set()
        if _says_something(step):
            logger.info("tools: %s", step.report.model_dump(exclude={"alerts"}))
            self._changed()

    def _is_being_written(self, file: FoundFile) -> bool:
        look, monotonic = (file.size, file.modified_ns), self._ctx.clock.monotonic()
        return not self._patience.is_stable((file.path,), look, monotonic)

    async def _stopped(self, now: datetime, fault: AifpError) -> None:
        logger.warning("the files of the tools could not be compared: %s", fault)
        try:
            async with self._ctx.directives.write() as db:
                await raise_alert(db, now, ALL_TOOLS, sync_stopped(str(fault)))
        except AifpError as deeper:
            # A database that fails is what stopped the sync, and cannot be told of in itself.
            logger.warning("that could not be told either: %s", deeper)


def _says_something(step: Step) -> bool:
    return any(step.report.model_dump().values())


def noticing(
    gate: Callable[P, Awaitable[R]], look: Callable[[], None]
) -> Callable[P, Awaitable[R]]:
    """Let a gate that refuses code for what lies there have the files compared at once."""

    async def noticed(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await gate(*args, **kwargs)
        except (FileMissing, ApprovalRequired, NoSuch):
            look()
            raise

    return noticed
