"""`state` and `value` starts: changes of entities open runs, some only after a while."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Database, Writer
from aifp.schemas.starts import StateStart, ValueStart
from aifp.server.engine.starting.claims import Event, claim_event, trigger_of
from aifp.server.engine.starting.plans import Plan, Plans
from aifp.server.engine.world.changes import EntityStart, begins, goes_on, seen
from aifp.server.engine.world.holds import Holds, Mark
from aifp.server.engine.world.observations import Change

PENDING = "start:"


@dataclass(frozen=True, slots=True)
class Watcher:
    """One start of one directive that looks at an entity."""

    plan: Plan
    place: int
    start: EntityStart

    def key(self, entity: str) -> str:
        """Return the name of the mark that keeps a running `for` time."""
        return f"{PENDING}{self.place}:{entity}"


@dataclass(frozen=True, slots=True)
class Pending:
    """A `for` time that is running."""

    watcher: Watcher
    entity: str
    value: JsonValue
    since: datetime

    @property
    def ripe_at(self) -> datetime:
        """Return when the time has run out."""
        return self.since + timedelta(milliseconds=self.watcher.start.for_ms)


class EntityStarts:
    """Finds the starts that a change concerns and opens their runs."""

    def __init__(self, directives: Database, plans: Plans, holds: Holds) -> None:
        self._directives, self._plans, self._holds = directives, plans, holds
        self._by_entity: dict[str, list[Watcher]] = {}
        self._patient: list[Watcher] = []

    def reload(self) -> None:
        """Look through the plans again after some changed."""
        watchers = list(self._watchers())
        self._patient = [watcher for watcher in watchers if watcher.start.for_ms]
        self._by_entity = {}
        for watcher in watchers:
            for entity in watcher.start.entity:
                self._by_entity.setdefault(entity, []).append(watcher)

    async def changed(self, w: Writer, change: Change, now: datetime) -> None:
        """Open runs or begin `for` times, inside the transaction that stores the change."""
        for watcher in self._by_entity.get(change.entity, []):
            await self._follow(w, watcher, change, now)

    async def ripen(self, now: datetime) -> None:
        """Open the runs of `for` times that have run out."""
        for pending in [p for p in self._pending() if p.ripe_at <= now]:
            await self._ripe(pending, now)

    def next(self) -> datetime | None:
        """Return when the next `for` time runs out."""
        return min((pending.ripe_at for pending in self._pending()), default=None)

    def _watchers(self) -> Iterator[Watcher]:
        for plan in self._plans:
            for place, start in (*plan.starts(StateStart), *plan.starts(ValueStart)):
                yield Watcher(plan, place, start)

    def _pending(self) -> Iterator[Pending]:
        for watcher in self._patient:
            for entity in watcher.start.entity:
                mark = self._holds.get(watcher.plan.directive_id, watcher.key(entity))
                if mark is not None and mark.since is not None:
                    yield Pending(watcher, entity, mark.value, mark.since)

    async def _follow(self, w: Writer, watcher: Watcher, change: Change, now: datetime) -> None:
        start = watcher.start
        if not start.for_ms:
            if begins(start, change):
                await _open(w, watcher, change, now, now)
            return
        mark = self._holds.get(watcher.plan.directive_id, watcher.key(change.entity))
        after = seen(change.new, start)
        if mark is not None and goes_on(start, _to(mark), after):
            return
        begun = Mark({"from": seen(change.old, start), "to": after}, now)
        await self._mark(w, watcher, change.entity, begun if begins(start, change) else None)

    async def _ripe(self, pending: Pending, now: datetime) -> None:
        async with self._directives.write() as w:
            await self._mark(w, pending.watcher, pending.entity, None)
            values = pending.value if isinstance(pending.value, dict) else {}
            span = (pending.since, now)
            await _claim(w, pending.watcher, pending.entity, {**values}, span)

    async def _mark(self, w: Writer, watcher: Watcher, entity: str, mark: Mark | None) -> None:
        directive_id, key = watcher.plan.directive_id, watcher.key(entity)
        if mark is None and self._holds.get(directive_id, key) is None:
            return
        await self._holds.write(w, directive_id, {key: mark})
        self._holds.keep(directive_id, {key: mark})


async def _open(
    w: Writer, watcher: Watcher, change: Change, since: datetime, now: datetime
) -> None:
    start = watcher.start
    values: JsonMap = {"from": seen(change.old, start), "to": seen(change.new, start)}
    await _claim(w, watcher, change.entity, values, (since, now))


async def _claim(
    w: Writer, watcher: Watcher, entity: str, values: JsonMap, span: tuple[datetime, datetime]
) -> None:
    since, now = span
    kind = watcher.start.kind
    more = {"entity": entity, "value": values.get("to"), **values}
    event = Event(
        id=f"{kind}:{watcher.place}:{entity}:{to_text(since)}",
        at=now,
        source="trigger",
        trigger=trigger_of(watcher.start, kind, **more),
    )
    await claim_event(w, watcher.plan, event, now)


def _to(mark: Mark) -> JsonValue:
    return mark.value.get("to") if isinstance(mark.value, dict) else None
