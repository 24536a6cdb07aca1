"""All due instants of one directive that have come since the last look, sorted by age."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from aifp.schemas.canonical import CanonicalDirective
from aifp.server.engine.starting.timetable import (
    LATE_AFTER,
    Due,
    dues_after,
    first_due,
    uniform_step,
)

# Only the newest can still start (catch_up `all` starts at most 1,000); the rest is counted.
KEPT = 1_200
# Due instants between two breaths, so that a year of missed seconds does not stop the loop.
BREATH = 500


@dataclass(slots=True)
class Late:
    """Due instants that are over 60 s old: how many, the first, and the newest ones."""

    count: int = 0
    first: datetime | None = None
    newest: deque[Due] = field(default_factory=lambda: deque[Due](maxlen=KEPT))

    def add(self, due: Due) -> None:
        """Count one more."""
        self.first = self.first or due.at
        self.count += 1
        self.newest.append(due)


@dataclass(frozen=True, slots=True)
class Lot:
    """What is due for one directive in (since, now], and when it is due next."""

    since: datetime
    until: datetime
    late: Late
    fresh: tuple[Due, ...]
    next: datetime | None


async def lot_of(directive: CanonicalDirective, since: datetime, now: datetime) -> Lot:
    """Collect every due instant in (since, now]."""
    late, fresh, horizon = Late(), list[Due](), now - LATE_AFTER
    dues = dues_after(directive, _skip_counted(directive, since, horizon, late))
    following = None
    for number, due in enumerate(dues, 1):
        if due.at > now:
            following = due.at
            break
        late.add(due) if due.at < horizon else fresh.append(due)
        if number % BREATH == 0:
            await asyncio.sleep(0)
    return Lot(since, _last(late, fresh, since), late, tuple(fresh), following)


def _skip_counted(
    directive: CanonicalDirective, since: datetime, horizon: datetime, late: Late
) -> datetime:
    """Count all but the newest instants of an even grid by division; return where to go on."""
    step, first = uniform_step(directive), first_due(directive, since)
    if step is None or first is None or first.at >= horizon:
        return since
    beyond = (horizon - first.at) // step - KEPT
    if beyond <= 0:
        return since
    late.first, late.count = first.at, beyond
    return first.at + (beyond - 1) * step


def _last(late: Late, fresh: list[Due], since: datetime) -> datetime:
    newest: Iterator[Due] = reversed([*late.newest, *fresh])
    last = next(newest, None)
    return last.at if last else since
