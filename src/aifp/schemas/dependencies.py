"""What directives need besides their code, as the tools answer it."""

from typing import Literal

from aifp.schemas.common import Record
from aifp.schemas.words import DependencyType


class NeededThing(Record):
    """One thing that one directive needs; required_by names every directive that needs it."""

    id: int
    directive_id: int
    dependency_type: DependencyType
    name: str
    version: str | None
    is_installed: bool
    required_by: list[str]


class DependencyList(Record):
    """What directives need."""

    dependencies: list[NeededThing]
    count: int


class DependencyAdded(Record):
    """The dependency is stored; a repeat has the same id."""

    success: Literal[True] = True
    dependency_id: int


class DependencyMarked(Record):
    """Whether what was said to be there was found as well, and in which version."""

    success: Literal[True] = True
    dependency: str
    version: str | None
    verified: bool


class Found(Record):
    """Whether a needed thing is there, in which version, and what is wrong if it is not."""

    present: bool
    version: str | None = None
    fault: str | None = None
