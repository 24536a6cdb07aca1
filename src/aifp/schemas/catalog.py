"""What the catalog knows about every helper; helpers_parsed.json holds these records."""

from typing import Annotated, Literal

from pydantic import Field

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.words import SystemDirectiveType


class Hints(Record):
    """The four MCP annotation hints; all are set, because their defaults are the worst case."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool


class HelperEntry(Record):
    """One helper: a tool that clients may call, or a private one."""

    name: str
    group: str
    module: str
    is_tool: bool
    description: str
    phase: int | None = None
    toolsets: tuple[str, ...] = ()
    title: str | None = None
    effect: Literal["reads", "writes", "destroys"] | None = None
    asks: bool = False
    hints: Hints | None = None
    input_schema: JsonMap = {}
    output_schema: JsonMap = {}
    # How it answers what goes wrong, and the databases that its code reaches.
    error_handling: str = ""
    target_database: str | None = None
    digest: str = ""
    # What the rest of the code says about it; the digest leaves it out.
    used_by: tuple[str, ...] = ()
    is_sub_helper: bool = False


class SystemStep(Record):
    """One step of a system directive and the helper whose work it is."""

    name: str
    helper: str
    does: str
    required: bool = True


class SystemDirective(Record):
    """How aifp itself goes about one stage in the life of a directive."""

    name: str
    type: SystemDirectiveType = "system"
    parent: str | None = None
    description: str
    outputs: tuple[str, ...] = ()
    intent_keywords: tuple[str, ...]
    confidence_threshold: Annotated[float, Field(ge=0, le=1)]
    steps: tuple[SystemStep, ...]


class Intent(Record):
    """How people ask for a system directive, and from which likeness on it is meant."""

    phrases: tuple[str, ...]
    threshold: float


class Catalog(Record):
    """The whole of helpers_parsed.json."""

    format: Literal[2] = 2
    helpers: tuple[HelperEntry, ...]
    directives: tuple[SystemDirective, ...] = ()


class ArgumentFault(Record):
    """One thing that is wrong with the arguments of a call."""

    path: str
    kind: Literal["missing", "unknown", "type", "value"]
    message: str
    allowed: str | None = None
