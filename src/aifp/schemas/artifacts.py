"""Artifacts: named code with versions, of a directive or a tool of the user's own."""

from pydantic import Field, JsonValue

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.releases import Permission
from aifp.schemas.testing import MockedCall
from aifp.schemas.words import Actor, EffectClass, FileRole, VersionReason, VersionState

# Where the user's own tools lie; each file is one tool, named like the file.
TOOLS_FOLDER = "tools"
# A day; what works longer is no call but a service.
LONGEST_S = 86_400


class Characteristics(Record):
    """What a tool says about itself (CHARACTERISTICS); what it leaves out is the unsafe value."""

    idempotent: bool = False
    side_effects: bool = True
    safe_for_shadow_testing: bool = False
    requires_mocking: bool = True
    test_data_available: bool = False
    effect_class: EffectClass = "unknown"
    state_version: int = Field(default=1, ge=1)
    # What may differ between two versions that are otherwise the same, as in a test case.
    ignore_paths: list[str] = []
    set_paths: list[str] = []
    tolerance: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    timeout_s: float = Field(default=60.0, gt=0, le=LONGEST_S, allow_inf_nan=False)


class TestCase(Record):
    """One declared example (TEST_CASES): an input, and what it must give or raise."""

    # Not a test itself, whatever its name.
    __test__ = False

    input: JsonMap = {}
    expected_output: JsonValue = None
    should_raise: str | None = None
    description: str = ""
    # Dotted paths of the output that may differ, such as `made_at` or `rows.*.id`.
    ignore_paths: list[str] = []
    # Dotted paths of lists whose order means nothing.
    set_paths: list[str] = []
    # By how much numbers may differ.
    tolerance: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    # What host calls answer in this case; without one, an empty answer of the usual shape.
    answers: list[MockedCall] = []


class ToolSpec(Record):
    """A tool as its file tells of it, read from the syntax tree: nothing of it was run.

    parameters: the JSON Schema of the arguments. takes_context: `run` has `ctx` as its first
    parameter, which is no argument of the tool.
    """

    name: str
    description: str
    parameters: JsonMap
    takes_context: bool = False
    declared: Characteristics = Characteristics()
    test_cases: list[TestCase] = []
    permissions: list[Permission] = []


class VersionFile(Record):
    """One file of a version, by its place in the project; its bytes lie in the object store."""

    path: str
    role: FileRole = "implementation"
    sha256: str
    size: int


class NewVersion(Record):
    """Content that is to become the next version of an artifact."""

    files: list[VersionFile]
    code_hash: str
    reason: VersionReason
    state: VersionState = "draft"
    created_by: Actor
    breaking: bool = False
    permissions: list[Permission] = []
    metadata: JsonMap = {}
