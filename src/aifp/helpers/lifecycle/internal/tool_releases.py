"""What the release of a user's own tool is, byte for byte: the thing a person approves."""

from dataclasses import dataclass

from pydantic import JsonValue

from aifp.helpers.shared.hashing import sha256_of, sha256_of_bytes
from aifp.schemas.artifacts import ToolSpec
from aifp.schemas.canonical import CanonicalDirective, Policies
from aifp.schemas.common import JsonMap
from aifp.schemas.releases import Permission, Release

# The package that a tool's module lies in, so that its name can hide no other module.
PACKAGE = "tools"
# The module that the sandbox begins with; it hands the arguments over to the tool.
MAIN, ENTRY = "aifp_tool_call", "execute_call"


@dataclass(frozen=True, slots=True)
class ToolCode:
    """The code of a tool as one version has it, and what was read in it."""

    artifact_id: int
    version_id: int
    version_number: int
    path: str
    data: bytes
    spec: ToolSpec
    # With the programs that they mean on this machine.
    permissions: list[Permission]


@dataclass(frozen=True, slots=True)
class Place:
    """Where code runs: the profile of the sandbox, and the zone of the project."""

    profile: str
    timezone: str = "UTC"


def tool_release(code: ToolCode, place: Place) -> Release:
    """Put the release of a tool together."""
    spec = code.spec
    tool: JsonMap = {
        "name": spec.name,
        "parameters": spec.parameters,
        "timeout_s": spec.declared.timeout_s,
        "state_version": spec.declared.state_version,
    }
    files: JsonMap = {code.path: sha256_of_bytes(code.data)}
    grants: list[JsonValue] = [permission.wire() for permission in code.permissions]
    parts: JsonMap = {"tool": tool, "code": files, "grants": grants, "sandbox": place.profile}
    return Release(
        directive_id=0,
        artifact_id=code.artifact_id,
        directive_version=code.version_number,
        directive=_form(code, place.timezone),
        artifact_version_id=code.version_id,
        modules={
            f"{PACKAGE}.{spec.name}": code.data.decode("utf-8", "replace"),
            MAIN: call_source(spec),
        },
        main=MAIN,
        entry_point=ENTRY,
        permissions=code.permissions,
        directive_sha256=sha256_of(tool),
        code_sha256=sha256_of(files),
        permissions_sha256=sha256_of(grants),
        release_sha256=sha256_of(parts),
    )


def call_source(spec: ToolSpec) -> str:
    """Return the module that calls a tool with the arguments of one run."""
    given = "ctx, **ctx.input" if spec.takes_context else "**ctx.input"
    return (
        f"from {PACKAGE} import {spec.name} as tool\n\n\n"
        f"def {ENTRY}(ctx):\n    return tool.run({given})\n"
    )


def _form(code: ToolCode, timezone: str) -> CanonicalDirective:
    """Return what stands for a directive where a run asks for its name and its limits."""
    spec = code.spec
    secrets = {str(p.value["name"]) for p in code.permissions if p.resource == "secret"}
    return CanonicalDirective(
        format=1,
        name=spec.name,
        description=spec.description,
        type="api",
        timezone=timezone,
        when=[],
        steps=[],
        policies=Policies(timeout_ms=max(1, round(spec.declared.timeout_s * 1000))),
        secrets=sorted(secrets),
    )
