"""The one place that writes and removes files of tools and of the code of directives."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aifp.helpers.lifecycle.internal.conflicts import resolution_of
from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.schemas.deploying import ConflictIssue
from aifp.schemas.errors import AifpError, Conflict, FileMissing, LimitExceeded
from aifp.schemas.ports import Ctx, Reader, SqlValue, Writer

Bytes = Mapping[str, bytes | None]


async def sync_to_filesystem(ctx: Ctx, files: Bytes) -> None:
    """Write files of tools, each by temporary file, flush and rename; None removes one."""
    await ctx.files.write(files)


@dataclass(slots=True)
class Replacing:
    """Files that are to be written, and what lies in their places before that."""

    ctx: Ctx
    files: Bytes
    before: Bytes
    is_begun: bool = False

    async def write(self) -> None:
        """Write what is not there yet."""
        changed = {path: data for path, data in self.files.items() if self.before[path] != data}
        if changed:
            self.is_begun = True
            await sync_to_filesystem(self.ctx, changed)

    async def undo(self) -> None:
        """Put back what was there; what is not, byte for byte, ours is somebody else's."""
        present = await on_disk(self.ctx, list(self.files))
        ours = {
            path: self.before[path]
            for path, data in self.files.items()
            if present[path] == data != self.before[path]
        }
        try:
            await sync_to_filesystem(self.ctx, ours)
        except AifpError as fault:
            raise LimitExceeded(
                f"{', '.join(ours)} could not be put back as it was: {fault} Nothing is lost: once "
                "that is mended, restore_tool or rollback_to_version writes the bytes again."
            ) from fault


@asynccontextmanager
async def replacing(ctx: Ctx, files: Bytes) -> AsyncGenerator[tuple[Writer, Replacing]]:
    """Change the record, and last of all files: both, or neither.

    What lies there is looked at inside the transaction: whoever wrote before has ended then, and
    nobody else's work is taken for what was there.
    """
    change: Replacing | None = None
    whole = False
    try:
        async with ctx.directives.write() as db:
            change = Replacing(ctx, files, await on_disk(ctx, list(files)))
            yield db, change
        whole = True
    finally:
        if not whole and change is not None and change.is_begun:
            await change.undo()


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
