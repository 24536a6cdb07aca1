"""What a test is about: a version, the version in force beside it, and what may differ."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aifp.helpers.lifecycle.internal.artifact_rows import require_version_row
from aifp.helpers.lifecycle.internal.cases import may_differ
from aifp.helpers.lifecycle.internal.equality import Tolerated
from aifp.helpers.lifecycle.internal.stored_files import files_of_version, text_of
from aifp.helpers.lifecycle.internal.tool_source import read_tool
from aifp.schemas.artifacts import TestCase, ToolSpec
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Release

# Puts the release of a stored version together, whoever approved it or not.
ReleaseOf = Callable[[Ctx, int], Awaitable[Release]]


@dataclass(frozen=True, slots=True)
class Code:
    """What is tried of one version: its release, and the cases it brings along."""

    release: Release
    parameters: JsonMap = field(default_factory=lambda: JsonMap())
    cases: list[TestCase] = field(default_factory=lambda: list[TestCase]())
    # The files of its tests, by path.
    tests: dict[str, str] = field(default_factory=lambda: dict[str, str]())
    may: Tolerated = field(default_factory=Tolerated)


@dataclass(frozen=True, slots=True)
class Tested:
    """The version under test and the one in force; none is in force before the first approval."""

    version: Row
    code: Code
    baseline: Row | None = None
    before: Code | None = None

    @property
    def numbers(self) -> tuple[int, int | None]:
        """Return the numbers of both versions."""
        before = None if self.baseline is None else int(str(self.baseline["version_number"]))
        return int(str(self.version["version_number"])), before

    @property
    def may(self) -> Tolerated:
        """Return what may differ; only the version in force has a say, it is approved."""
        return self.before.may if self.before else Tolerated()


async def load_tested(ctx: Ctx, version_id: int, release_of: ReleaseOf) -> Tested:
    """Return a version with the one in force beside it."""
    version = await require_version_row(ctx.directives, version_id)
    code = await _code(ctx, version, release_of)
    in_force = version["deployed_version_id"]
    if in_force is None:
        return Tested(version, code)
    if in_force == version["id"]:
        return Tested(version, code, version, code)
    baseline = await ctx.directives.one("version_with_artifact", id=in_force)
    if baseline is None:
        return Tested(version, code)
    return Tested(version, code, baseline, await _code(ctx, baseline, release_of))


async def _code(ctx: Ctx, version: Row, release_of: ReleaseOf) -> Code:
    release = await release_of(ctx, int(str(version["id"])))
    files = await files_of_version(ctx, version["id"])
    tests = {file.path: text_of(file.data) for file in files if file.role == "test"}
    if version["kind"] != "user_tool":
        return Code(release, _parameters_of(release.directive), tests=tests)
    spec = _spec(version, {f.path: text_of(f.data) for f in files if f.role != "test"})
    may = may_differ(spec.declared)
    return Code(release, spec.parameters, spec.test_cases, tests, may)


def _spec(version: Row, texts: dict[str, str]) -> ToolSpec:
    if len(texts) != 1:
        raise InvalidArgument(
            f"Version {version['version_number']} of {version['name']} has no single code file."
        )
    return read_tool(str(version["name"]), next(iter(texts.values())))


def _parameters_of(directive: CanonicalDirective) -> JsonMap:
    """Return the inputs of a directive as a schema; those with a default may be left out."""
    words = {"list": "array", "map": "object"}
    properties: JsonMap = {
        name: {"enum": list(field.one_of)}
        if field.one_of
        else {"type": words.get(field.type, field.type)}
        for name, field in directive.input.items()
    }
    required: list[str] = [n for n, field in directive.input.items() if field.default is None]
    return {"type": "object", "properties": properties, "required": [*required]}
