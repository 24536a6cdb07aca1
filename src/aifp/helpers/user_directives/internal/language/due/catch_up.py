"""What happens to due times that passed while nothing ran."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aifp.schemas.canonical import CatchUpRule
from aifp.schemas.common import Record

# A due time that is no older than this simply starts; older ones follow the rule.
ON_TIME = timedelta(seconds=60)
# More missed due times in a row than this become one record with a count.
MOST_SINGLE_RECORDS = 100
DEFAULT_WITHIN_MS = 3_600_000
DEFAULT_MAX = 100


class Folded(Record):
    """Missed due times in a row that share one record."""

    first: datetime
    last: datetime
    count: int


class CatchUpPlan(Record):
    """Which due times start now, oldest first, and which are recorded as missed."""

    start_now: list[datetime] = []
    record_missed: list[datetime] = []
    folded: list[Folded] = []


def plan_catch_up(missed: Sequence[datetime], rule: CatchUpRule, now: datetime) -> CatchUpPlan:
    """Plan the due times up to now that have not been processed; every one is in the plan once."""
    ordered = sorted(set(missed))
    late = [due for due in ordered if now - due > ON_TIME]
    on_time = ordered[len(late) :]
    caught_up = late[len(late) - _how_many(late, rule, now) :]
    lost = late[: len(late) - len(caught_up)]
    start_now = [*caught_up, *on_time]
    if len(lost) <= MOST_SINGLE_RECORDS:
        return CatchUpPlan(start_now=start_now, record_missed=lost)
    folded = Folded(first=lost[0], last=lost[-1], count=len(lost))
    return CatchUpPlan(start_now=start_now, folded=[folded])


def _how_many(late: Sequence[datetime], rule: CatchUpRule, now: datetime) -> int:
    """Return how many of the newest late due times are caught up."""
    if rule.policy == "none":
        return 0
    within = rule.within_ms if rule.within_ms is not None else DEFAULT_WITHIN_MS
    inside = sum(now - due <= timedelta(milliseconds=within) for due in late)
    most = 1 if rule.policy == "last" else rule.max if rule.max is not None else DEFAULT_MAX
    return min(inside, most)
