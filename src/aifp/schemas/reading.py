"""What reading a directive file yields: drafts, problems and open questions."""

from typing import Literal

from pydantic import JsonValue

from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap, Record
from aifp.schemas.words import DirectiveType, Severity, SourceFormat


class Problem(Record):
    """One fault or warning, with its place and its mend (codes: directive-format 16)."""

    code: str
    text: str
    hint: str | None = None
    severity: Severity = "error"
    file: str
    line: int = 1
    column: int = 1
    path: str = ""

    def __str__(self) -> str:
        """Return `FILE:LINE:COL: CODE text. Hint: hint`."""
        end = "" if self.hint and self.hint.endswith(("?", ".")) else "."
        hint = f" Hint: {self.hint}{end}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.code} {self.text}.{hint}"


class Question(Record):
    """Something only an answer can settle; validation waits for severity error."""

    id: str
    directive: str
    field: str
    line: int = 1
    text: str
    choices: list[JsonValue] = []
    default: JsonValue = None
    severity: Severity = "error"
    who: Literal["any", "person"] = "any"


class Place(Record):
    """Where a value stands in its file."""

    line: int
    column: int
    quoted: int = 0
    folded: bool = False


class Draft(Record):
    """One directive as the file states it, not yet read for meaning."""

    name: str
    title: str | None = None
    index: int
    form: Literal["short", "long", "string", "ha", "txt"]
    raw: JsonMap
    raw_content: str
    places: dict[str, Place] = {}


class FileSettings(Record):
    """The top-level keys of a directive file."""

    timezone: str | None = None
    defaults: JsonMap = {}
    vars: JsonMap = {}
    location: tuple[float, float] | None = None


class ParsedFile(Record):
    """A directive file taken apart; one bad directive does not hide the others."""

    source_file: str
    format: SourceFormat
    sha256: str
    settings: FileSettings = FileSettings()
    drafts: list[Draft] = []
    problems: list[Problem] = []


class Others(Record):
    """What the other directives of the project do, as far as one can get in another's way.

    Complete says that every directive is stored: a name that is not known will not come later.
    """

    plans: dict[str, str] = {}
    endpoints: dict[str, str] = {}
    after: dict[str, list[str]] = {}
    complete: bool = False


class Known(Record):
    """What the reader may know about the project; it never looks anything up itself.

    A list that is None is not known and not asked about; an empty one says there are none.
    """

    project_timezone: str | None = None
    host_timezone: str = "UTC"
    today: str = "2026-01-01"
    directives: dict[str, str] = {}
    channels: list[str] | None = None
    connections: list[str] | None = None
    secrets: list[str] | None = None
    entities: list[str] | None = None
    others: Others = Others()


class Interpretation(Record):
    """A draft read for meaning: the canonical form once every error question is answered."""

    name: str
    type: DirectiveType
    trigger: str
    action: str
    timezone: str | None = None
    canonical: CanonicalDirective | None = None
    questions: list[Question] = []
    problems: list[Problem] = []
