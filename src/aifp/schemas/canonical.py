"""The one canonical form that every directive file becomes (format 1)."""

from typing import Literal

from pydantic import Field, JsonValue

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.starts import Start
from aifp.schemas.steps import Retry, Step
from aifp.schemas.words import CatchUp, DirectiveType, Overlap


class CatchUpRule(Record):
    """What happens to due times missed while nothing ran; every field is written."""

    policy: CatchUp
    within_ms: int | None = None
    max: int | None = None


class Limit(Record):
    """At most so many runs in a rolling window."""

    runs: int
    per_ms: int


class ApproveEach(Record):
    """Ask a person before each run; every field is written."""

    when: Literal["each run"]
    within_ms: int
    else_: Literal["skip", "fail"] = Field(validation_alias="else", serialization_alias="else")


class Need(Record):
    """The newest run of another directive must have succeeded."""

    directive: str
    within_ms: int


class Policies(Record):
    """How runs behave; a field equal to its default is left out of the canonical bytes."""

    mode: Overlap = "single"
    max: int = 10
    timeout_ms: int = 60_000
    retry: Retry | None = None
    catch_up: CatchUpRule = CatchUpRule(policy="last", within_ms=3_600_000)
    limit: Limit | None = None
    approve: ApproveEach | None = None
    needs: list[Need] = []
    on_failure: list[Step] | None = None
    on_recovery: list[Step] | None = None
    keep_ms: int = 7_776_000_000


class InputField(Record):
    """One declared input of an api or manual start."""

    type: Literal["string", "integer", "number", "boolean", "list", "map"]
    default: JsonValue = None
    one_of: list[JsonValue] | None = None
    min: int | float | None = None
    max: int | float | None = None


class CanonicalDirective(Record):
    """What the engine runs and what a person approves."""

    format: Literal[1]
    name: str
    title: str | None = None
    description: str | None = None
    domain: str | None = None
    tags: list[str] = []
    priority: int = 0
    type: DirectiveType
    enabled: bool = True
    timezone: str
    location: tuple[float, float] | None = None
    when: list[Start]
    if_: str | None = Field(default=None, validation_alias="if", serialization_alias="if")
    read: dict[str, Step] = {}
    input: dict[str, InputField] = {}
    vars: JsonMap = {}
    steps: list[Step]
    policies: Policies = Policies()
    secrets: list[str] = []

    def canonical(self) -> JsonMap:
        """Return the canonical JSON object."""
        return self.wire()
