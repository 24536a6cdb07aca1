"""Look after the user's tools: clean up, and find those that do the same."""

from aifp.helpers.contract import destroys, reads
from aifp.helpers.lifecycle.internal.duplicate_report import duplicates_of
from aifp.schemas.duplicates import DuplicatePair
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import UpkeepRequest
from aifp.schemas.upkeep import UpkeepReport


@destroys(toolset="lifecycle", title="Look after the tools")
async def run_maintenance(ctx: Ctx, *, dry_run: bool = False) -> UpkeepReport:
    """Clean up deleted tools, find duplicates, prune logs and report, as happens daily by itself.

    With `dry_run` nothing is changed; the answer then holds the report of the last real one too.
    """
    done = await ctx.engine.run_now(UpkeepRequest(dry_run=dry_run))
    return UpkeepReport.model_validate(done.result)


@reads(toolset="lifecycle")
async def find_duplicates(ctx: Ctx, name: str | None = None) -> list[DuplicatePair]:
    """Find user tools that do the same, of all or of one by name, and say which to keep and why."""
    return await duplicates_of(ctx, name)
