"""The code of directives as the tools list it, and what its setters answer."""

from typing import Literal

from aifp.schemas.common import Record
from aifp.schemas.words import ImplementationStatus, TestSource, TestStatus


class Implementation(Record):
    """The newest code of a directive: where it lies, where it begins, how it is tested."""

    id: int
    directive_id: int
    implementation_file: str
    entry_point: str
    generated_at: str
    last_modified: str
    status: ImplementationStatus
    test_file: str | None
    test_status: TestStatus
    test_source: TestSource | None


class OneImplementation(Implementation):
    """The code of the directive that was asked for."""

    found: Literal[True] = True


class ImplementationRegistered(Record):
    """The code is kept as a version of its own; a person approves it before it runs."""

    success: Literal[True] = True
    implementation_id: int


class ImplementationChanged(Record):
    """The implementation has the asked-for status."""

    success: Literal[True] = True
