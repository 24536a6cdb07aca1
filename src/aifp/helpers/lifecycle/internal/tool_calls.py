"""May this tool be called, and with these arguments? Its own gate, before every call."""

from dataclasses import dataclass
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError

from aifp.helpers.lifecycle.internal.artifact_rows import PRESENT, find_artifact
from aifp.helpers.lifecycle.internal.reconciling import sync_from_filesystem
from aifp.helpers.lifecycle.internal.tool_releases import ToolCode
from aifp.helpers.lifecycle.internal.version_releases import present_code, release_of_code
from aifp.helpers.user_directives.internal.approvals import genuine_yes
from aifp.helpers.user_directives.internal.gate import require_not_stopped
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import (
    ApprovalRequired,
    DependencyMissing,
    FileMissing,
    InvalidArgument,
    LimitExceeded,
    NoSuch,
)
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Release

# Faults of arguments that one answer names.
SHOWN = 5
AUTHORIZATION = {
    "pending": "waits for a person's approval",
    "disabled": "was switched off",
    "revoked": "was approved once, and a person took that back for good",
}


@dataclass(frozen=True, slots=True)
class Admitted:
    """A tool that may be called now, and what its caller should hear besides the result."""

    release: Release
    parameters: JsonMap
    notice: str | None = None


async def admit_call(ctx: Ctx, name: str) -> Admitted:
    """Return the release of a tool if it may be called now, else refuse with the reason.

    Raises Unavailable (stop switch), NoSuch, ApprovalRequired or DependencyMissing.
    """
    await require_not_stopped(ctx)
    artifact, code = await _looked_at(ctx, name)
    _require_authorized(artifact)
    release = await _approved(ctx, code)
    _require_secrets(ctx, release)
    return Admitted(release, code.spec.parameters, await _notice(ctx, artifact))


def checked_arguments(admitted: Admitted, given: JsonMap) -> JsonMap:
    """Return the arguments of a call; raises InvalidArgument with every fault."""
    validator: Any = Draft202012Validator(admitted.parameters)
    faults = [_told(fault) for fault in validator.iter_errors(given)]
    if faults:
        name = admitted.release.directive.name
        raise InvalidArgument(f"{name}: {'; '.join(faults[:SHOWN])}.", faults=faults)
    return given


async def require_tool(ctx: Ctx, name: str) -> Row:
    """Return the tool of a name that is there to be called; raises NoSuch."""
    artifact = await find_artifact(ctx.directives, name, "user_tool")
    if artifact is None or artifact["status"] not in PRESENT:
        raise NoSuch(f"There is no tool named {name}.")
    return artifact


def _require_authorized(artifact: Row) -> None:
    state = str(artifact["authorization"])
    if state != "approved":
        raise ApprovalRequired(
            f"The tool {artifact['name']} {AUTHORIZATION[state]}. Ask with request_approval, or "
            f"let a person run: aifp approve {artifact['name']}"
        )


async def _present_code(ctx: Ctx, artifact: Row) -> ToolCode | None:
    """Return the code as the file has it now; None where no version has these bytes.

    What cannot be read was never approved.
    """
    name = artifact["name"]
    try:
        return await present_code(ctx, artifact)
    except FileMissing:
        raise NoSuch(f"There is no tool named {name}: {artifact['path']} is gone.") from None
    except (InvalidArgument, LimitExceeded) as broken:
        raise ApprovalRequired(f"The tool {name} is not as it was approved: {broken}") from None


async def _looked_at(ctx: Ctx, name: str) -> tuple[Row, ToolCode]:
    """Return a tool and its code, after a look at the files where they are not as known (L25)."""
    artifact = await require_tool(ctx, name)
    code = await _present_code(ctx, artifact)
    if code is not None and code.version_id == artifact["current_version_id"]:
        return artifact, code
    await sync_from_filesystem(ctx)
    artifact = await require_tool(ctx, name)
    code = await _present_code(ctx, artifact)
    if code is None:
        raise ApprovalRequired(f"{artifact['path']} is being changed at this moment; call again.")
    return artifact, code


async def _approved(ctx: Ctx, code: ToolCode) -> Release:
    """Return the release of this code if a person approved exactly that."""
    release, name = await release_of_code(ctx, code), code.spec.name
    approval_id = await genuine_yes(ctx, "artifact", str(code.artifact_id), release.release_sha256)
    if approval_id is None:
        raise ApprovalRequired(
            f"The tool {name} is not approved as it stands now. Ask with request_approval, or "
            f"let a person run: aifp approve {name}"
        )
    return release.model_copy(update={"approval_id": approval_id})


def _require_secrets(ctx: Ctx, release: Release) -> None:
    stored = ctx.keyring.secret_names()
    missing = [name for name in release.directive.secrets if name not in stored]
    if missing:
        names = ", ".join(missing)
        raise DependencyMissing(
            f"The tool {release.directive.name} needs the secret {names}. A person stores it "
            f"with: aifp secret set {missing[0]}"
        )


async def _notice(ctx: Ctx, artifact: Row) -> str | None:
    """Return what the caller of a deprecated tool is told beside the result."""
    if artifact["status"] != "deprecated":
        return None
    row = await ctx.directives.one("successor_of", id=artifact["id"])
    use = f" Use {row['name']} instead." if row else ""
    note = f" {artifact['migration_note']}" if artifact["migration_note"] else ""
    return f"The tool {artifact['name']} is deprecated.{use}{note}"


def _told(fault: ValidationError) -> str:
    """Return one fault with its place; what was given may be a secret and is not repeated."""
    place = ".".join(str(part) for part in fault.absolute_path) or "arguments"
    match fault.validator:
        case "required" | "additionalProperties":
            return f"{place}: {fault.message}"
        case "type":
            return f"{place} must be {_listed(fault.validator_value)}"
        case "enum" | "const":
            return f"{place} must be one of {_listed(fault.validator_value)}"
        case _:
            return f"{place} does not fit what the tool takes"


def _listed(value: object) -> str:
    return (
        ", ".join(map(str, cast("list[object]", value))) if isinstance(value, list) else str(value)
    )
