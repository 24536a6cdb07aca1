"""What differs between two versions of code, and what became of two changes at once."""

from typing import Literal

from aifp.schemas.common import Record

ConflictAction = Literal["no_op", "safe_overwrite", "conflict"]
ConflictReason = Literal["already_in_sync", "no_concurrent_changes", "concurrent_modification"]
ResolveOption = Literal["abort_and_refresh", "overwrite_anyway", "manual_merge"]


class DiffStats(Record):
    """How many lines came, went, and were replaced by another line."""

    lines_added: int
    lines_removed: int
    lines_changed: int


class Diff(Record):
    """A unified difference with its size; more than ten lines are significant."""

    diff: str
    stats: DiffStats
    significant: bool


class Overlap(Record):
    """A place that two changes touched: the line of the baseline, and what each made of it."""

    line: int
    baseline: str
    disk: str
    proposal: str


class Merged(Record):
    """A text with two changes in it; overlaps are marked in it, and it is then no code."""

    text: str
    overlaps: list[Overlap]


class Resolution(Record):
    """What to do about a file that is to be replaced, and why."""

    action: ConflictAction
    reason: ConflictReason
    resolution_options: list[ResolveOption] = []
