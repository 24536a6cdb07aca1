"""What user_directives.db tells project.db: the facts of one directive or one source file."""

from aifp.schemas.common import Record
from aifp.schemas.words import DirectiveStatus, FileRole, SourceFormat, TestStatus


class OpenPoint(Record):
    """Something that a directive still waits for: a question, or a thing it needs."""

    key: str
    text: str


class CodeFile(Record):
    """One file of a code version; its bytes lie in the object store."""

    path: str
    role: FileRole
    sha256: str


class CodeFacts(Record):
    """The present implementation of a directive."""

    entry_point: str
    test_status: TestStatus
    generated: bool
    files: list[CodeFile]


class DirectiveFacts(Record):
    """One directive as it stood when something about it changed."""

    name: str
    status: DirectiveStatus
    version: int
    approved: bool
    monitored: bool
    questions: list[OpenPoint] = []
    missing: list[OpenPoint] = []
    code: CodeFacts | None = None


class SourceFacts(Record):
    """One directive file as it was parsed; without a hash it is no source any more."""

    path: str
    format: SourceFormat | None = None
    sha256: str | None = None


class OutboxEntry(Record):
    """One message about a source file, or about a directive with how many are in each status."""

    directive: DirectiveFacts | None = None
    source: SourceFacts | None = None
    counts: dict[DirectiveStatus, int] = {}
