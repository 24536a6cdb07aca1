"""What the catalog knows about every helper; helpers_parsed.json holds these records."""

from typing import Literal

from aifp.schemas.common import JsonMap, Record


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
    digest: str = ""


class Catalog(Record):
    """The whole of helpers_parsed.json."""

    format: Literal[1] = 1
    helpers: tuple[HelperEntry, ...]


class ArgumentFault(Record):
    """One thing that is wrong with the arguments of a call."""

    path: str
    kind: Literal["missing", "unknown", "type", "value"]
    message: str
    allowed: str | None = None
