"""Compare tools with their files; the files decide what exists."""

from aifp.helpers.contract import reads, writes
from aifp.helpers.lifecycle.internal.reconciling import sync_from_filesystem
from aifp.helpers.lifecycle.internal.sync_state import change_state, sync_status
from aifp.schemas.ports import Ctx
from aifp.schemas.tool_sync import ChangeState, SyncReport, SyncStatus
from aifp.schemas.words import ArtifactKind


@writes(toolset="lifecycle", repeatable=True)
async def sync_and_reconcile(ctx: Ctx, *, dry_run: bool = False) -> SyncReport:
    """Take over what the files of tools say: new, edited, deleted and restored ones.

    Use this to see or force at once what the engine does by itself within a minute. With dry_run
    it only tells what it would do.
    """
    return await sync_from_filesystem(ctx, dry_run=dry_run)


@reads(toolset="lifecycle")
async def check_sync_status(ctx: Ctx) -> SyncStatus:
    """Tell whether the files of tools and implementations are what was last seen of them."""
    return await sync_status(ctx)


@reads(toolset="lifecycle")
async def detect_changes(ctx: Ctx, name: str, kind: ArtifactKind | None = None) -> ChangeState:
    """Tell whether the file of one tool was edited since it was last seen, with the difference."""
    return await change_state(ctx, name, kind)
