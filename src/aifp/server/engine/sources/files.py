"""`file` starts: files that appear, change or go away, also while the daemon was down."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aifp.schemas.errors import AifpError
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx
from aifp.schemas.starts import FileStart
from aifp.server.engine.sources.file_marks import FileChange, Look, Patience, differences
from aifp.server.engine.starting.claims import Event, claim_event, trigger_of
from aifp.server.engine.starting.plans import Plan, Plans
from aifp.server.engine.world.holds import Holds, Mark

PREFIX = "file:"
# Files in one transaction, so that 500 new ones do not hold up other writers.
BATCH = 100
# How soon a file that still grows is looked at again.
SOON = timedelta(milliseconds=250)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FileWatch:
    """One file start of one directive."""

    plan: Plan
    place: int
    start: FileStart

    def key(self, path: str) -> str:
        """Return the mark of one file; the empty path marks that the folder was looked at."""
        return f"{PREFIX}{self.place}:{path}"


class FileSource:
    """Compares folders with what it remembers of them."""

    def __init__(self, ctx: Ctx, plans: Plans, nudge: Callable[[], None]) -> None:
        self._ctx, self._plans, self._nudge = ctx, plans, nudge
        self._holds = Holds(ctx.directives)
        self._loaded: set[int] = set()
        self._watches: list[FileWatch] = []
        self._patience = Patience()

    def globs(self) -> list[str]:
        """Return the patterns that are watched."""
        return sorted({watch.start.glob for watch in self._watches})

    async def open(self) -> None:
        """Begin from what is stored."""
        self._loaded.clear()

    async def reload(self) -> None:
        """Look through the plans again after some changed."""
        self._watches = [
            FileWatch(plan, place, start)
            for plan in self._plans
            for place, start in plan.starts(FileStart)
        ]
        for watch in self._watches:
            if watch.plan.directive_id not in self._loaded:
                await self._holds.load(watch.plan.directive_id)
                self._loaded.add(watch.plan.directive_id)

    async def turn(self, now: datetime) -> None:
        """Look at every watched pattern."""
        differing: set[tuple[object, ...]] = set()
        for watch in self._watches:
            try:
                differing |= await self._look(watch, now)
            except AifpError as fault:
                logger.warning("cannot look at %s: %s", watch.start.glob, fault)
        self._patience.keep_only(differing)

    def next(self) -> datetime | None:
        """Look again soon while something settles."""
        return self._ctx.clock.now() + SOON if self._patience.waits else None

    async def _look(self, watch: FileWatch, now: datetime) -> set[tuple[object, ...]]:
        found = await self._found(watch.start.glob)
        known = self._known(watch)
        if known is None:
            await self._remember_all(watch, found)
            return set()
        changes = list(differences(known, found))
        ready = [change for change in changes if self._is_ready(watch, change)]
        for first in range(0, len(ready), BATCH):
            await self._take(watch, ready[first : first + BATCH], now)
        taken = {change.path for change in ready}
        return {_key(watch, change.path) for change in changes if change.path not in taken}

    async def _found(self, glob: str) -> dict[str, Look]:
        found = await self._ctx.files.find(glob)
        return {file.path: (file.size, file.modified_ns) for file in found}

    def _known(self, watch: FileWatch) -> dict[str, Look] | None:
        """Return what is remembered of the folder, None when it was never looked at."""
        marks = self._holds.under(watch.plan.directive_id, watch.key(""))
        if "" not in marks:
            return None
        return {path: _look_of(mark) for path, mark in marks.items() if path}

    async def _remember_all(self, watch: FileWatch, found: dict[str, Look]) -> None:
        """Take the files that are there when the directive begins as known."""
        marks: dict[str, Mark | None] = {watch.key(""): Mark(watch.start.glob)}
        marks |= {watch.key(path): _mark(look) for path, look in found.items()}
        async with self._ctx.directives.write() as w:
            await self._holds.write(w, watch.plan.directive_id, marks)
        self._holds.keep(watch.plan.directive_id, marks)

    def _is_ready(self, watch: FileWatch, change: FileChange) -> bool:
        monotonic = self._ctx.clock.monotonic()
        return self._patience.is_stable(_key(watch, change.path), change.after, monotonic)

    async def _take(self, watch: FileWatch, changes: list[FileChange], now: datetime) -> None:
        marks = {watch.key(c.path): _mark(c.after) for c in changes}
        async with self._ctx.directives.write() as w:
            await self._holds.write(w, watch.plan.directive_id, marks)
            for change in changes:
                if change.change == watch.start.change:
                    await claim_event(w, watch.plan, _event(watch, change, now), now)
        self._holds.keep(watch.plan.directive_id, marks)
        self._nudge()


def _event(watch: FileWatch, change: FileChange, now: datetime) -> Event:
    look = change.after or change.before or (0, 0)
    stamp = f"{look[0]}:{look[1]}" + (f":{to_text(now)}" if change.after is None else "")
    return Event(
        id=f"file:{watch.place}:{change.change}:{change.path}:{stamp}",
        at=now,
        source="trigger",
        trigger=trigger_of(watch.start, watch.start.kind, path=change.path, value=change.change),
    )


def _key(watch: FileWatch, path: str) -> tuple[object, ...]:
    return (watch.plan.directive_id, watch.place, path)


def _mark(look: Look) -> Mark | None:
    return None if look is None else Mark([look[0], look[1]])


def _look_of(mark: Mark) -> Look:
    match mark.value:
        case [int(size), int(changed)]:
            return (size, changed)
        case _:
            return None
