"""What a release is, byte for byte: the thing a person approves by its hash."""

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from pydantic import JsonValue

from aifp.helpers.shared.hashing import sha256_of, sha256_of_bytes
from aifp.schemas.canonical import CanonicalDirective, Policies
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import ApprovalRequired, FileMissing, NoSuch
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Permission, Release

# Labels and record keeping: changing them does not change what runs (directive-format 9).
NOT_APPROVED = ("title", "description", "domain", "tags", "enabled")


def directive_sha256(directive: CanonicalDirective) -> str:
    """Return the hash of the parts of a directive that a person approves."""
    defaults = Policies.model_fields["keep_ms"].default
    policies = directive.policies.model_copy(update={"keep_ms": defaults})
    kept = directive.model_copy(update={"policies": policies}).canonical()
    return sha256_of({key: value for key, value in kept.items() if key not in NOT_APPROVED})


def release_of(row: Row, files: Mapping[str, bytes], deps: Sequence[Row], profile: str) -> Release:
    """Put a release together from a directive's row and the bytes of its code."""
    directive = CanonicalDirective.model_validate_json(str(row["configuration_json"]))
    permissions = [Permission.model_validate(p) for p in json.loads(str(row["permissions_json"]))]
    code: JsonMap = {path: sha256_of_bytes(data) for path, data in sorted(files.items())}
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
        directive_sha256=str(parts["directive"]),
        code_sha256=sha256_of(code),
        permissions_sha256=sha256_of(grants),
        release_sha256=sha256_of({**parts, "deps": locked, "sandbox": profile}),
    )


def module_name(path: str) -> str:
    """Return the module name of a code file."""
    return PurePosixPath(path).stem


async def present_release(ctx: Ctx, directive_id: int) -> Release:
    """Return the release as it stands now in the database and on disk, approved or not."""
    row = await release_row(ctx, directive_id)
    if row["artifact_version_id"] is None:
        raise ApprovalRequired(f"{row['name']} has no implementation yet; implement it first.")
    paths = await _code_paths(ctx, row)
    files = {path: await _read(ctx, path) for path in paths}
    deps = await ctx.directives.all("locked_dependencies", directive_id=directive_id)
    return release_of(row, files, deps, ctx.sandbox.profile())


async def stored_release(ctx: Ctx, run: Row) -> Release:
    """Return the release a run began with, whatever has changed since."""
    row = await ctx.directives.one(
        "stored_release_parts",
        directive_id=run["directive_id"],
        version=run["directive_version"],
        artifact_version_id=run["artifact_version_id"],
    )
    if row is None:
        raise NoSuch(f"The release that run {run['id']} began with is not stored any more.")
    parts = {
        **row,
        "id": run["directive_id"],
        "version": run["directive_version"],
        "artifact_version_id": run["artifact_version_id"],
    }
    stored = await ctx.directives.all("version_files", version_id=run["artifact_version_id"])
    code = [file for file in stored if file["role"] != "test"]
    files = {str(f["path"]): await ctx.files.fetch(str(f["object_sha256"])) for f in code}
    release = release_of(parts, files, [], ctx.sandbox.profile())
    approval = run["approval_id"]
    return release.model_copy(
        update={
            "release_sha256": str(run["release_sha256"]),
            "approval_id": int(approval) if isinstance(approval, int) else None,
        }
    )


async def release_row(ctx: Ctx, directive_id: int) -> Row:
    """Return the directive's row with its newest implementation."""
    row = await ctx.directives.one("release_parts", directive_id=directive_id)
    if row is None:
        raise NoSuch(f"There is no directive {directive_id}.")
    return row


async def _code_paths(ctx: Ctx, row: Row) -> list[str]:
    files = await ctx.directives.all("version_files", version_id=row["artifact_version_id"])
    return [str(file["path"]) for file in files if file["role"] != "test"]


async def _read(ctx: Ctx, path: str) -> bytes:
    try:
        return await ctx.files.read(path)
    except FileMissing:
        raise FileMissing(
            f"{path} is gone. Put it back, or implement the directive anew."
        ) from None
