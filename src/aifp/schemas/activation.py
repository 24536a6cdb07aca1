"""What activating and deactivating answer."""

from typing import Literal

from aifp.schemas.common import Record
from aifp.schemas.words import DirectiveStatus


class Activated(Record):
    """A directive fires from now on."""

    success: Literal[True] = True
    name: str
    previous_status: DirectiveStatus
    new_status: DirectiveStatus
    next_due_at: str | None
    warnings: list[str] = []


class Deactivated(Record):
    """A directive fires no more until it is activated again."""

    success: Literal[True] = True
    name: str
    previous_status: DirectiveStatus
    new_status: DirectiveStatus
    cancelled_runs: int


class Refused(Record):
    """One directive of a file could not be moved."""

    success: Literal[False] = False
    name: str
    error: str
    error_code: str


class ActivatedFile(Record):
    """What became of each directive of a file."""

    success: bool
    results: list[Activated | Refused]


class DeactivatedFile(Record):
    """What became of each directive of a file."""

    success: bool
    results: list[Deactivated | Refused]
