"""When directives are due: pure functions of a start, a zone and an instant."""

from aifp.helpers.user_directives.internal.language.due.catch_up import (
    CatchUpPlan,
    Folded,
    plan_catch_up,
)
from aifp.helpers.user_directives.internal.language.due.next_due import (
    due_times,
    due_times_of,
    is_timed,
    next_due,
    next_of,
    next_with_starts,
)
from aifp.helpers.user_directives.internal.language.due.warnings import TimeWarning, time_warnings

__all__ = [
    "CatchUpPlan",
    "Folded",
    "TimeWarning",
    "due_times",
    "due_times_of",
    "is_timed",
    "next_due",
    "next_of",
    "next_with_starts",
    "plan_catch_up",
    "time_warnings",
]
