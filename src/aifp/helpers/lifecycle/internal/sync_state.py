"""Whether the files of tools are what is known of them; nothing is changed by looking."""

from aifp.helpers.lifecycle.internal.artifact_rows import find_artifact
from aifp.helpers.lifecycle.internal.contents import diff_of, tool_name
from aifp.helpers.lifecycle.internal.differing import differs
from aifp.helpers.lifecycle.internal.folder import look_at, seen_files
from aifp.helpers.lifecycle.internal.known_files import Known, known_files
from aifp.helpers.lifecycle.internal.planning import Scan, refresh
from aifp.schemas.errors import AifpError
from aifp.schemas.ports import Ctx
from aifp.schemas.tool_sync import ChangeState, SyncIssue, SyncStatus
from aifp.schemas.words import ArtifactKind


async def sync_status(ctx: Ctx) -> SyncStatus:
    """Return every way in which files are not what is known of them."""
    scan = await refresh(ctx)
    found = scan.found
    restored = [one.name for one in found.restored]
    issues = [_modified(one) for one in found.changed if one.has_baseline and one.is_present]
    issues += [_unknown(one) for one in found.changed if not one.has_baseline]
    orphaned = sorted({*(tool_name(path) for path in found.new), *restored})
    if orphaned:
        issues.insert(0, _orphaned(orphaned))
    missing = sorted(one.name for one in found.missing)
    if missing:
        issues.append(_missing(missing))
    issues += [_unlisted(scan, folder) for folder in sorted(scan.disk.unlisted)]
    return SyncStatus(in_sync=not issues, issues=issues)


async def change_state(ctx: Ctx, name: str, kind: ArtifactKind | None) -> ChangeState:
    """Return whether the file of one tool is what was last seen of it."""
    artifact = await find_artifact(ctx.directives, name, kind)
    known = await known_files(ctx.directives) if artifact else []
    one = next((one for one in known if artifact and one.id == artifact["id"]), None)
    if one is None or not one.is_present:
        return ChangeState(changed=False, reason="not_loaded")
    if not await _has_baseline(ctx, one):
        return ChangeState(changed="unknown", reason="no_baseline")
    disk = await look_at(ctx, [one], await seen_files(ctx.directives))
    if not all(path in disk.hashes for path in one.paths):
        return ChangeState(changed=True, reason="file_missing", diff=await diff_of(ctx, disk, one))
    if differs(one, disk):
        return ChangeState(changed=True, reason="file_modified", diff=await diff_of(ctx, disk, one))
    return ChangeState(changed=False)


async def _has_baseline(ctx: Ctx, one: Known) -> bool:
    """Say whether the bytes that were last seen are still kept."""
    try:
        for sha256 in one.code.values():
            await ctx.files.fetch(sha256)
    except AifpError:
        return False
    return one.has_baseline


def _orphaned(names: list[str]) -> SyncIssue:
    return SyncIssue(
        type="orphaned_files",
        tools=names,
        message=f"Files that no tool in use belongs to: {', '.join(names)}. "
        "sync_and_reconcile takes them in.",
    )


def _modified(one: Known) -> SyncIssue:
    return SyncIssue(
        type="file_modified",
        tool=one.name,
        message=f"{', '.join(one.paths)} changed on disk since the last sync.",
    )


def _unknown(one: Known) -> SyncIssue:
    return SyncIssue(
        type="unknown_baseline",
        tool=one.name,
        message=f"Nobody knows what {one.row['main_path']} held; the next sync keeps it.",
    )


def _missing(names: list[str]) -> SyncIssue:
    return SyncIssue(
        type="missing_files",
        tools=names,
        message=f"Tools whose file is not there: {', '.join(names)}. "
        "sync_and_reconcile marks them deleted; restore_tool brings one back.",
    )


def _unlisted(scan: Scan, folder: str) -> SyncIssue:
    return SyncIssue(type="missing_files", message=f"{scan.disk.unlisted[folder]}", tool=folder)
