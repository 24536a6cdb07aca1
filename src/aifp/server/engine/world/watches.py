"""Conditions that start runs: tested every `check`, at each change, when a `for` runs out."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from aifp.helpers.user_directives.internal.language.expressions.evaluation import evaluate
from aifp.helpers.user_directives.internal.language.expressions.names import held_tests, names_of
from aifp.helpers.user_directives.internal.language.expressions.tree import Expr, Held
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Clock, Database, Writer
from aifp.schemas.starts import WatchStart
from aifp.server.engine.starting.claims import Event, claim_event, trigger_of
from aifp.server.engine.starting.guards import tree_of
from aifp.server.engine.starting.plans import Plan, Plans
from aifp.server.engine.world.conditions import DirectiveWorld
from aifp.server.engine.world.holds import FOR, Holds, Mark
from aifp.server.engine.world.observations import Observations

LATCH = "watch:"
# A guard with a `for` is tested as often, only to know since when its parts are true.
GUARD_CHECK = timedelta(seconds=60)

# Fetches what `read` names for a directive (nothing when it may not or cannot).
ReadFor = Callable[[Plan], Awaitable[JsonMap]]


@dataclass(slots=True)
class Watch:
    """One condition of one directive that is tested over and over."""

    plan: Plan
    start: WatchStart | None
    tree: Expr
    check: timedelta
    next: datetime
    entities: frozenset[str]
    held: dict[str, Held]
    latch_key: str
    testing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Watches:
    """All watched conditions; edges from false to true open runs."""

    def __init__(
        self,
        directives: Database,
        clock: Clock,
        plans: Plans,
        observations: Observations,
        holds: Holds,
        read_for: ReadFor,
    ) -> None:
        self._directives, self._clock, self._plans = directives, clock, plans
        self._observations, self._holds, self._read_for = observations, holds, read_for
        self._watches: list[Watch] = []

    def reload(self) -> None:
        """Look through the plans again; what did not change keeps its next test."""
        now = self._clock.now()
        known = {(w.plan.directive_id, w.latch_key): w.next for w in self._watches}
        self._watches = [watch for plan in self._plans for watch in watches_of(plan, now)]
        for watch in self._watches:
            watch.next = known.get((watch.plan.directive_id, watch.latch_key), now)

    def next(self) -> datetime | None:
        """Return when the next test is due."""
        return min((watch.next for watch in self._watches), default=None)

    async def test_due(self, now: datetime) -> None:
        """Test every condition whose time has come."""
        for watch in [w for w in self._watches if w.next <= now]:
            await self.test(watch)

    async def entity_changed(self, entity: str) -> None:
        """Test every condition that names the entity; those that must fetch first come due."""
        for watch in [w for w in self._watches if entity in w.entities]:
            if watch.plan.directive.read:
                watch.next = self._clock.now()
            else:
                await self.test(watch)

    async def test(self, watch: Watch) -> None:
        """Test one condition, keep what it told, and open a run on an edge."""
        async with watch.testing:
            read = await self._read_for(watch.plan) if watch.plan.directive.read else {}
            now = self._clock.now()
            world = self._world(watch, now, read)
            marks = self._held_marks(watch, world, now)
            value = evaluate(watch.tree, self._after(world, watch, marks)).value
            latched = self._is_latched(watch)
            if watch.start is not None and value is not None and value is not latched:
                marks[watch.latch_key] = Mark(value, now)
            if marks:
                await self._keep(watch, marks, now, fires=value is True and not latched)
            watch.next = self._next_test(watch, now)

    def _world(self, watch: Watch, now: datetime, read: JsonMap) -> DirectiveWorld:
        directive = watch.plan.directive
        data: JsonMap = {"read": read, "vars": directive.vars}
        holds = self._holds.since(watch.plan.directive_id)
        return DirectiveWorld(directive, self._observations, now, data, holds)

    def _held_marks(
        self, watch: Watch, world: DirectiveWorld, now: datetime
    ) -> dict[str, Mark | None]:
        """Begin the since-time of tests that became true, end that of others."""
        marks: dict[str, Mark | None] = {}
        for test, held in watch.held.items():
            true = evaluate(held.test, world).value is True
            if true and test not in world.holds:
                marks[FOR + test] = Mark(None, now)
            elif not true and test in world.holds:
                marks[FOR + test] = None
        return marks

    def _after(
        self, world: DirectiveWorld, watch: Watch, marks: dict[str, Mark | None]
    ) -> DirectiveWorld:
        holds = dict(world.holds)
        for test in watch.held:
            mark = marks.get(FOR + test)
            if mark is not None and mark.since is not None:
                holds[test] = mark.since
            elif FOR + test in marks:
                holds.pop(test, None)
        return DirectiveWorld(
            world.directive, world.observations, world.instant, world.run_data, holds
        )

    def _is_latched(self, watch: Watch) -> bool:
        mark = self._holds.get(watch.plan.directive_id, watch.latch_key)
        return mark is not None and mark.value is True

    async def _keep(
        self, watch: Watch, marks: dict[str, Mark | None], now: datetime, *, fires: bool
    ) -> None:
        directive_id = watch.plan.directive_id
        async with self._directives.write() as w:
            await self._holds.write(w, directive_id, marks)
            latch = marks.get(watch.latch_key)
            if latch is not None:
                await _show_latch(w, directive_id, latch, now)
            if fires and watch.start is not None:
                await _fire(w, watch, watch.start, now)
        self._holds.keep(directive_id, marks)

    def _next_test(self, watch: Watch, now: datetime) -> datetime:
        since = self._holds.since(watch.plan.directive_id)
        ends = (
            since[test] + timedelta(milliseconds=held.ms)
            for test, held in watch.held.items()
            if test in since
        )
        return min([now + watch.check, *(end for end in ends if end > now)])


def watches_of(plan: Plan, now: datetime) -> Iterator[Watch]:
    """Return what must be tested for a directive."""
    for _, start in plan.starts(WatchStart):
        yield _watch(plan, start, start.expr, timedelta(milliseconds=start.check_ms), now)
    guard = plan.directive.if_
    if guard is not None and names_of(tree_of(guard)).has_for:
        yield _watch(plan, None, guard, GUARD_CHECK, now)


def _watch(
    plan: Plan, start: WatchStart | None, expression: str, check: timedelta, now: datetime
) -> Watch:
    tree = tree_of(expression)
    digest = sha256(expression.encode()).hexdigest()[:16]
    return Watch(
        plan, start, tree, check, now, names_of(tree).entities, held_tests(tree), LATCH + digest
    )


async def _show_latch(w: Writer, directive_id: int, latch: Mark, now: datetime) -> None:
    latched = 1 if latch.value is True else 0
    await w.run("show_latch", directive_id=directive_id, latched=latched, at=to_text(now))


async def _fire(w: Writer, watch: Watch, start: WatchStart, now: datetime) -> None:
    event = Event(
        id=f"{watch.latch_key}:{to_text(now)}",
        at=now,
        source="condition",
        trigger=trigger_of(start, start.kind),
    )
    await claim_event(w, watch.plan, event, now)
