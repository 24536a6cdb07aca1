"""What a release is, byte for byte: the thing a person approves by its hash."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from pydantic import JsonValue

from aifp.helpers.shared.hashing import sha256_of, sha256_of_bytes
from aifp.helpers.user_directives.internal.approvals import is_genuine
from aifp.schemas.canonical import CanonicalDirective, Policies
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import (
    ApprovalRequired,
    FileMissing,
    InvalidArgument,
    LimitExceeded,
    NoSuch,
)
from aifp.schemas.packages import Pin
from aifp.schemas.ports import Ctx, Row, SqlValue
from aifp.schemas.releases import Permission, Release

# Labels and record keeping: changing them does not change what runs (directive-format 9).
NOT_APPROVED = ("title", "description", "domain", "tags", "enabled")
NOTICES = ("on_failure_", "on_recovery_")
Profile = Callable[[Sequence[Pin]], str]


def directive_sha256(directive: CanonicalDirective) -> str:
    """Return the hash of the parts of a directive that a person approves."""
    defaults = Policies.model_fields["keep_ms"].default
    policies = directive.policies.model_copy(update={"keep_ms": defaults})
    kept = directive.model_copy(update={"policies": policies}).canonical()
    return sha256_of({key: value for key, value in kept.items() if key not in NOT_APPROVED})


def release_of(
    row: Row, files: Mapping[str, bytes], deps: Sequence[Row], profile: Profile
) -> Release:
    """Put a release together from a directive's row and the bytes of its code."""
    try:
        return _release(row, files, deps, profile)
    except ValueError as fault:
        # Whoever wrote such bytes or rows went past every check; nothing of it was approved.
        raise ApprovalRequired(
            f"Directive {row['id']} is damaged in the database or on disk: {fault}. Parse, "
            "validate and implement it anew."
        ) from None


def _release(
    row: Row, files: Mapping[str, bytes], deps: Sequence[Row], profile: Profile
) -> Release:
    directive = CanonicalDirective.model_validate_json(str(row["configuration_json"]))
    permissions = [Permission.model_validate(p) for p in json.loads(str(row["permissions_json"]))]
    code: JsonMap = {path: sha256_of_bytes(data) for path, data in sorted(files.items())}
    # The same files may begin at another function, so where they begin is approved as well.
    code["start"] = f"{row['implementation_file']}:{row['entry_point']}"
    _, packages = stored_packages(row["metadata_json"])
    if packages:
        code["packages"] = [pin.wire() for pin in packages]
    grants: list[JsonValue] = [permission.wire() for permission in permissions]
    locked: list[JsonValue] = [json.loads(json.dumps(dict(dep))) for dep in deps]
    parts: JsonMap = {"directive": directive_sha256(directive), "code": code, "grants": grants}
    return Release(
        directive_id=int(str(row["id"])),
        directive_version=int(str(row["version"])),
        directive=directive,
        artifact_version_id=int(str(row["artifact_version_id"])),
        modules={module_name(path): data.decode("utf-8") for path, data in files.items()},
        main=module_name(str(row["implementation_file"])),
        entry_point=str(row["entry_point"]),
        permissions=permissions,
        packages=packages,
        directive_sha256=str(parts["directive"]),
        code_sha256=sha256_of(code),
        permissions_sha256=sha256_of(grants),
        release_sha256=sha256_of({**parts, "deps": locked, "sandbox": profile(packages)}),
    )


def stored_packages(metadata: SqlValue) -> tuple[list[str], list[Pin]]:
    """Return what a code version asked for and what it is pinned to."""
    kept = json.loads(str(metadata or "{}"))
    return kept.get("requirements", []), [Pin.model_validate(p) for p in kept.get("packages", [])]


def module_name(path: str) -> str:
    """Return the module name of a code file."""
    return PurePosixPath(path).stem


async def present_release(ctx: Ctx, directive_id: int) -> Release:
    """Return the release as it stands now in the database and on disk, approved or not."""
    row = await release_row(ctx, directive_id)
    if row["artifact_version_id"] is None:
        raise ApprovalRequired(f"{row['name']} has no implementation yet; implement it first.")
    stored = await _code_of(ctx, row["artifact_version_id"])
    files = {str(file["path"]): await _read(ctx, str(file["path"])) for file in stored}
    deps = await ctx.directives.all("locked_dependencies", directive_id=directive_id)
    return release_of(row, files, deps, ctx.sandbox.profile)


async def stored_release(ctx: Ctx, run: Row) -> Release:
    """Return the release a run began with, whatever has changed since.

    Raises ApprovalRequired when what is stored is not what a person approved for it.
    """
    row = await ctx.directives.one(
        "stored_release_parts",
        directive_id=run["directive_id"],
        version=run["directive_version"],
        artifact_version_id=run["artifact_version_id"],
    )
    if row is None:
        raise NoSuch(f"The release that run {run['id']} began with is not stored any more.")
    parts: Row = {
        **row,
        "id": run["directive_id"],
        "version": run["directive_version"],
        "artifact_version_id": run["artifact_version_id"],
    }
    stored = await _code_of(ctx, run["artifact_version_id"])
    files = {str(f["path"]): await ctx.files.fetch(str(f["object_sha256"])) for f in stored}
    release = release_of(parts, files, [], ctx.sandbox.profile)
    await _require_approved_then(ctx, run, release)
    begun_with = {
        "approval_id": run["approval_id"],
        "release_sha256": str(run["release_sha256"]),
        "entry_point": _entry_of(run, release),
    }
    return release.model_copy(update=begun_with)


def _entry_of(run: Row, release: Release) -> str:
    """Return where a run begins: a notice has an entry point of its own in the same code."""
    entry = json.loads(str(run["trigger_json"])).get("entry")
    is_notice = run["trigger_source"] == "system" and str(entry).startswith(NOTICES)
    return str(entry) if is_notice else release.entry_point


async def _require_approved_then(ctx: Ctx, run: Row, release: Release) -> None:
    """Compare the stored parts with the decision; packages and sandbox may be newer by now."""
    row = await ctx.directives.one("approval_by_id", id=run["approval_id"])
    approved = {
        "subject_kind": "directive",
        "subject_id": str(release.directive_id),
        "decision": "approved",
        "release_sha256": run["release_sha256"],
        "directive_sha256": release.directive_sha256,
        "code_sha256": release.code_sha256,
        "permissions_sha256": release.permissions_sha256,
    }
    fits = row is not None and all(row[key] == value for key, value in approved.items())
    if row is None or not fits or not is_genuine(ctx, row):
        raise ApprovalRequired(
            f"Run {run['id']} of {release.directive.name} cannot go on: the release it began "
            "with is not approved as it is stored now."
        )


async def release_row(ctx: Ctx, directive_id: int) -> Row:
    """Return the directive's row with its newest implementation."""
    row = await ctx.directives.one("release_parts", directive_id=directive_id)
    if row is None:
        raise NoSuch(f"There is no directive {directive_id}.")
    return row


async def _code_of(ctx: Ctx, version_id: SqlValue) -> list[Row]:
    files = await ctx.directives.all("version_files", version_id=version_id)
    return [file for file in files if file["role"] != "test"]


async def registered_code(ctx: Ctx, version_id: SqlValue) -> dict[str, str]:
    """Return the modules of a stored code version by name."""
    files = await _code_of(ctx, version_id)
    return {
        module_name(str(file["path"])): (await ctx.files.fetch(str(file["object_sha256"]))).decode(
            "utf-8", "replace"
        )
        for file in files
    }


async def _read(ctx: Ctx, path: str) -> bytes:
    try:
        return await ctx.files.read(path)
    except FileMissing:
        raise FileMissing(
            f"{path} is gone. Put it back, or implement the directive anew."
        ) from None
    except (InvalidArgument, LimitExceeded) as refusal:
        raise ApprovalRequired(f"{path} is not the approved file: {refusal}") from None
