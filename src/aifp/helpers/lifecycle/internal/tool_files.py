"""The one place that writes and removes files of tools and of the code of directives."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from aifp.helpers.lifecycle.internal.conflicts import resolution_of
from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.schemas.deploying import ConflictIssue
from aifp.schemas.errors import Conflict, FileMissing
from aifp.schemas.ports import Ctx, Reader, SqlValue

Bytes = Mapping[str, bytes | None]


async def sync_to_filesystem(ctx: Ctx, files: Bytes) -> None:
    """Write files of tools, each by temporary file, flush and rename; None removes one."""
    await ctx.files.write(files)


@asynccontextmanager
async def written_or_undone(ctx: Ctx, files: Bytes) -> AsyncGenerator[Bytes]:
    """Offer what lies where files are to be written; put it back when the work on it fails.

    What is not, byte for byte, what was to be written is somebody else's and stays.
    """
    before = await on_disk(ctx, list(files))
    whole = False
    try:
        yield before
        whole = True
    finally:
        if not whole:
            present = await on_disk(ctx, list(files))
            ours = [path for path in files if present[path] == files[path] != before[path]]
            if ours:
                await sync_to_filesystem(ctx, {path: before[path] for path in ours})


async def on_disk(ctx: Ctx, paths: list[str]) -> dict[str, bytes | None]:
    """Return what lies at some paths; None where nothing does."""
    return {path: await _found(ctx, path) for path in paths}


async def baseline_of(db: Reader, version_id: SqlValue) -> dict[str, str]:
    """Return the hashes of the files of a version by path: what is known to lie there."""
    if version_id is None:
        return {}
    rows = await db.all("version_files", version_id=version_id)
    return {str(row["path"]): str(row["object_sha256"]) for row in rows}


def conflicts_between(
    baseline: Mapping[str, str], present: Bytes, wanted: Mapping[str, str]
) -> list[ConflictIssue]:
    """Return the files that somebody changed since they were known, and that are to be replaced."""
    found: list[ConflictIssue] = []
    for path, sha256 in wanted.items():
        data = present[path]
        now = None if data is None else sha256_of_bytes(data)
        if resolution_of(baseline.get(path), now, sha256).action != "conflict":
            continue
        if now is None:
            message = f"{path} was removed since its last known version."
            found.append(ConflictIssue(type="file_missing", path=path, message=message))
        else:
            message = f"{path} was changed since its last known version."
            found.append(ConflictIssue(type="file_modified", path=path, message=message))
    return found


def require_no_conflict(found: list[ConflictIssue]) -> None:
    """Refuse to write over what somebody changed."""
    if found:
        told = " ".join(issue.message for issue in found)
        raise Conflict(
            f"Conflict detected: {told} Nothing was written. Read the file again, or see "
            "resolve_conflict.",
            conflicts=[issue.wire() for issue in found],
        )


async def _found(ctx: Ctx, path: str) -> bytes | None:
    try:
        return await ctx.files.read(path)
    except FileMissing:
        return None
