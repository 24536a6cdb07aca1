"""Due instants and events become run rows, each exactly once, in one transaction."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aifp.helpers.user_directives.internal.language.due.catch_up import plan_catch_up
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Reader, Row, SqlValue, Writer
from aifp.schemas.starts import Named
from aifp.schemas.words import TriggerSource
from aifp.server.engine.starting.lots import Late, Lot
from aifp.server.engine.starting.openings import MAX_DEPTH, Opening, open_run, run_key
from aifp.server.engine.starting.plans import Plan, cause_of, is_watched, stamp_of
from aifp.server.engine.starting.timetable import Due

# More than this many missed in a row become one row with a count (directive-format 7).
FOLD_OVER = 100
# Catch-up starts over all directives: 4 per second; of one directive: 1 second apart.
PACE = timedelta(milliseconds=250)
APART = timedelta(seconds=1)
STOPPED = "stopped"
NOT_RUNNING = "not running when due"


class Stale(Exception):
    """The directive or its last processed instant is not what the plan says."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened and starts a run: its id makes it unique."""

    id: str
    at: datetime
    source: TriggerSource
    trigger: JsonMap
    input: JsonMap = field(default_factory=lambda: JsonMap())
    depth: int = 0


class Pace:
    """Spreads catch-up starts over time."""

    def __init__(self) -> None:
        self._free: datetime | None = None

    def slots(self, count: int, now: datetime) -> list[datetime]:
        """Reserve instants for the catch-up starts of one directive."""
        slots: list[datetime] = []
        for _ in range(count):
            earliest = max(now, self._free or now)
            slot = max(earliest, slots[-1] + APART) if slots else earliest
            # A directive that must wait a second between starts leaves the slots between free.
            self._free = earliest + PACE
            slots.append(slot)
        return slots


async def claim_lot(w: Writer, plan: Plan, lot: Lot, now: datetime, pace: Pace | None) -> None:
    """Open a row for each due instant of a lot and move the last processed instant.

    Without a pace everything is stopped and nothing starts.
    """
    row = await w.one("directive_to_claim", id=plan.directive_id)
    if row is None or stamp_of(row) != plan.stamp or _is_behind(plan, row):
        raise Stale
    for opening in _openings(plan, lot, now, cause_of(row), pace):
        await open_run(w, plan, opening, now)
    await w.run("move_schedule", **schedule_columns(plan, lot.next), last_due_at=to_text(lot.until))


async def claim_event(w: Writer, plan: Plan, event: Event, now: datetime) -> int | None:
    """Open a row for an event; None when it has one already or the directive is not watched."""
    row = await w.one("directive_to_claim", id=plan.directive_id)
    if row is None or not is_watched(row) or not _is_same_version(plan, row):
        return None
    cause = STOPPED if await is_stopped(w) else cause_of(row)
    if event.depth >= MAX_DEPTH:
        cause = "chain depth"
    opening = Opening(
        key=run_key(plan.name, event.id),
        due=event.at,
        source=event.source,
        trigger=event.trigger | ({"depth": event.depth} if event.depth else {}),
        input=event.input,
    )
    if cause:
        opening = replace(opening, status="skipped", reason=cause)
    return await open_run(w, plan, opening, now)


async def is_stopped(reader: Reader) -> bool:
    """Say whether the stop switch is on."""
    return await reader.one("stop_switch") is not None


def schedule_columns(plan: Plan, following: datetime | None) -> dict[str, SqlValue]:
    """Return the columns of directive_schedule that follow from a plan."""
    policies = plan.directive.policies
    return {
        "directive_id": plan.directive_id,
        "timezone": plan.directive.timezone,
        "next_due_at": to_text(following) if following else None,
        "catch_up": policies.catch_up.policy,
        "catch_up_window_s": (policies.catch_up.within_ms or 0) // 1000,
        "overlap": policies.mode,
        "max_concurrency": policies.max,
    }


def trigger_of(start: Named, kind: str, **more: object) -> JsonMap:
    """Return what a run sees as `trigger`."""
    named = {"id": start.as_} if start.as_ else {}
    return {**named, "kind": kind, **more}  # pyright: ignore[reportReturnType]


def _is_same_version(plan: Plan, row: Row) -> bool:
    return row["version"] == plan.version


def _is_behind(plan: Plan, row: Row) -> bool:
    """Say whether someone else has processed instants after the plan was made."""
    last = row["last_due_at"]
    return last is not None and from_text(str(last)) > plan.since


def _openings(
    plan: Plan, lot: Lot, now: datetime, cause: str | None, pace: Pace | None
) -> Iterator[Opening]:
    if pace is None:
        return _skipped(plan, lot, STOPPED)
    return _skipped(plan, lot, cause) if cause else _started(plan, lot, now, pace)


def _started(plan: Plan, lot: Lot, now: datetime, pace: Pace) -> Iterator[Opening]:
    yield from _caught_up(plan, lot.late, now, pace)
    for due in lot.fresh:
        yield _opening(plan, due, "schedule")


def _caught_up(plan: Plan, late: Late, now: datetime, pace: Pace) -> Iterator[Opening]:
    places = {due.at: due for due in late.newest}
    start_now = plan_catch_up(list(places), plan.directive.policies.catch_up, now).start_now
    starting = set(start_now)
    missed = [due for due in late.newest if due.at not in starting]
    for opening in _folded(plan, late, missed):
        yield replace(opening, status="missed", reason=NOT_RUNNING)
    for at, slot in zip(start_now, pace.slots(len(start_now), now), strict=True):
        yield replace(_opening(plan, places[at], "catch_up"), wake=slot)


def _skipped(plan: Plan, lot: Lot, cause: str) -> Iterator[Opening]:
    fresh = (_opening(plan, due, "schedule") for due in lot.fresh)
    for opening in (*_folded(plan, lot.late, list(lot.late.newest)), *fresh):
        yield replace(opening, status="skipped", reason=cause)


def _folded(plan: Plan, late: Late, kept: list[Due]) -> Iterator[Opening]:
    """Give each late instant a row, or all of them one row with a count when they are many."""
    count = late.count - len(late.newest) + len(kept)
    if count <= FOLD_OVER:
        yield from (_opening(plan, due, "schedule") for due in kept)
        return
    row = _opening(plan, Due(late.first or kept[0].at, kept[0].place), "schedule")
    yield replace(row, until=kept[-1].at, count=count)


def _opening(plan: Plan, due: Due, source: TriggerSource) -> Opening:
    start = plan.directive.when[due.place]
    return Opening(
        key=run_key(plan.name, to_text(due.at)),
        due=due.at,
        source=source,
        trigger=trigger_of(start, start.kind),
    )
