"""What stands between new code and the files that lie there, told so that one can choose."""

from aifp.helpers.lifecycle.internal.artifact_rows import PRESENT
from aifp.helpers.lifecycle.internal.conflicts import OPTIONS
from aifp.helpers.lifecycle.internal.diffs import compute_diffs
from aifp.helpers.lifecycle.internal.stored_files import stored_texts, text_of
from aifp.helpers.lifecycle.internal.tool_files import Bytes, baseline_of, conflicts_between
from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.schemas.deploying import ConflictIssue, DeployConflict
from aifp.schemas.ports import Ctx, Row

SUGGESTION = (
    "Let sync_and_reconcile take the change in, read the file, and make the new code from that; "
    "or choose with resolve_conflict."
)


async def conflicts_of(
    ctx: Ctx, artifact: Row, files: dict[str, bytes], present: Bytes, base: int | None
) -> list[ConflictIssue]:
    """Return what stands between new files and those that lie there now."""
    there = artifact["status"] in PRESENT
    current = artifact["current_version_id"] if there else None
    wanted = {path: sha256_of_bytes(data) for path, data in files.items()}
    found = conflicts_between(await baseline_of(ctx.directives, current), present, wanted)
    version = await ctx.directives.one("version_by_id", id=current) if current else None
    if found or base is None or version is None or version["version_number"] == base:
        return found
    number = version["version_number"]
    message = f"The code was made from version {base}; version {number} lies there now."
    return [ConflictIssue(type="version_newer", path=path, message=message) for path in files]


async def conflict_answer(
    ctx: Ctx, version_id: int, found: list[ConflictIssue], present: Bytes
) -> DeployConflict:
    """Say what is in the way of a proposal, which is kept, and what can be done about it."""
    version = await ctx.directives.one("version_by_id", id=version_id) or {}
    known = await stored_texts(ctx, version["parent_id"], tests=True)
    there = {path: text_of(data) for path, data in present.items()}
    known = {path: known.get(path, "") for path in there}
    return DeployConflict(
        conflicts=found,
        suggestion=SUGGESTION,
        version_id=version_id,
        version_number=int(str(version["version_number"])),
        resolution_options=OPTIONS,
        diff=compute_diffs(known, there, "known", "on disk").diff,
    )
