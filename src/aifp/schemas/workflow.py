"""What the workflow tools from file to implementation answer."""

from typing import Literal

from pydantic import JsonValue

from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap, Record
from aifp.schemas.packages import Pin
from aifp.schemas.reading import Draft, Interpretation, ParsedFile
from aifp.schemas.releases import Permission
from aifp.schemas.words import DependencyType, DirectiveStatus, DirectiveType, SourceFormat


class DirectiveFile(Record):
    """A directive file read for meaning: every draft with what it says."""

    file: ParsedFile
    readings: list[tuple[Draft, Interpretation]] = []


class ParsedDirective(Record):
    """One directive of a file as it is stored now; open_questions still need an answer."""

    id: int
    name: str
    directive_type: DirectiveType
    status: DirectiveStatus
    open_questions: int


class FileError(Record):
    """One fault of a file, with its place."""

    line: int
    column: int
    path: str
    message: str


class ParseAnswer(Record):
    """What became of a directive file."""

    success: bool
    source_file: str
    format: SourceFormat
    directives: list[ParsedDirective]
    errors: list[FileError]
    warnings: list[str] = []


class OpenQuestion(Record):
    """A question as the tools list it; `who` person: only the user may answer."""

    id: str
    field: str
    question: str
    options: list[JsonValue]
    severity: Literal["error", "warning", "info"]
    default: JsonValue = None
    who: Literal["any", "person"] = "any"


class ValidateAnswer(Record):
    """What is still open, or how the directive reads when nothing is."""

    success: bool
    name: str
    status: DirectiveStatus
    questions: list[OpenQuestion] = []
    canonical: JsonMap | None = None
    reading: str | None = None
    next_due_times: list[str] = []
    errors: list[FileError] = []
    warnings: list[str] = []


class Dependency(Record):
    """One thing a directive needs besides its own code."""

    dependency_type: DependencyType
    name: str
    is_installed: bool = False
    note: str | None = None


class GeneratedCode(Record):
    """The files of one implementation: the module, its helpers and its tests, by path."""

    directive: CanonicalDirective
    implementation_file: str
    test_file: str | None
    entry_point: str
    files: dict[str, str]
    helpers: list[str] = []
    generator: str
    written: list[str] = []
    requirements: list[str] = []
    packages: list[Pin] = []


class TestResult(Record):
    """One test of an implementation."""

    __test__ = False

    name: str
    passed: bool
    error: str | None = None


class ImplementAnswer(Record):
    """A registered implementation, ready for a person's approval when its tests pass."""

    success: bool
    implementation_id: int
    implementation_file: str
    test_file: str | None
    entry_point: str
    status: DirectiveStatus
    permissions: list[Permission]
    dependencies: list[Dependency]
    test_results: list[TestResult]
    warnings: list[str] = []
