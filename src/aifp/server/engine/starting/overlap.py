"""The limit and the overlap mode of a directive: may this run take its slot now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aifp.schemas.canonical import CanonicalDirective, Limit
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Row, Writer
from aifp.server.engine.starting.answers import GO, Answer, Candidate, Wait
from aifp.server.engine.starting.openings import Unstarted, close_unstarted

IN_LINE = "waiting in line"


@dataclass(frozen=True, slots=True)
class Slot:
    """The answer, the runs ended here for it, and the driven ones that must be cancelled."""

    answer: Answer
    ended: tuple[int, ...] = ()
    to_cancel: tuple[int, ...] = ()


async def take_slot(
    w: Writer,
    run: Candidate,
    directive: CanonicalDirective,
    limits: Sequence[Limit],
    now: datetime,
    zone: ZoneInfo,
) -> Slot:
    """Check limits and mode and take the slot, inside one write transaction."""
    if run.started is not None:
        return Slot(GO)
    for limit in limits:
        if await _is_used_up(w, run, limit, now):
            return Slot(Unstarted("skipped", "rate_limited"))
    slot = await _by_mode(w, run, directive, now, zone)
    if slot.answer is GO:
        await w.run("take_slot", id=run.run_id, at=to_text(now))
    return slot


async def _is_used_up(w: Writer, run: Candidate, limit: Limit, now: datetime) -> bool:
    after = to_text(now - timedelta(milliseconds=limit.per_ms))
    row = await w.one("recent_starts", directive_id=run.directive_id, id=run.run_id, after=after)
    return row is not None and int(row["runs"] or 0) >= limit.runs


async def _by_mode(
    w: Writer, run: Candidate, directive: CanonicalDirective, now: datetime, zone: ZoneInfo
) -> Slot:
    active = await w.all("slot_holders", directive_id=run.directive_id, id=run.run_id)
    mode = directive.policies.mode
    if not active:
        return Slot(await _in_turn(w, run, directive) if mode == "queued" else GO)
    match mode:
        case "single":
            return Slot(Unstarted("skipped", "overlap"))
        case "restart":
            return await _restart(w, active, now, zone)
        case "queued":
            return Slot(await _in_line(w, run, directive.policies.max))
        case "parallel":
            full = len(active) >= directive.policies.max
            return Slot(Unstarted("skipped", "overlap") if full else GO)


async def _restart(w: Writer, active: list[Row], now: datetime, zone: ZoneInfo) -> Slot:
    waiting = tuple(int(row["id"] or 0) for row in active if row["epoch"] == 0)
    driven = tuple(int(row["id"] or 0) for row in active if row["epoch"] != 0)
    for run_id in waiting:
        await close_unstarted(w, run_id, Unstarted("cancelled", "restart"), now, zone)
    return Slot(GO, waiting, driven)


async def _in_turn(w: Writer, run: Candidate, directive: CanonicalDirective) -> Answer:
    """Let nobody pass those who were in line before."""
    if run.reason == IN_LINE:
        return GO
    row = await w.one("line_length", directive_id=run.directive_id, id=run.run_id)
    if row is None or not row["runs"]:
        return GO
    return await _in_line(w, run, directive.policies.max)


async def _in_line(w: Writer, run: Candidate, room: int) -> Answer:
    row = await w.one("line_length", directive_id=run.directive_id, id=run.run_id)
    waiting = int(row["runs"] or 0) if row else 0
    return Wait(IN_LINE) if waiting < room else Unstarted("skipped", "queue full")
