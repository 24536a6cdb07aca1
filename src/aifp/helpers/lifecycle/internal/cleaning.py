"""What becomes of tools that were deleted long ago: purged, archived, or kept for a reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from aifp.helpers.lifecycle.internal.marking import mark_tool_status
from aifp.helpers.lifecycle.internal.purging import holders_of, purge_tool_data
from aifp.helpers.lifecycle.internal.uses import Uses, exactly, uses_from
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.settings import Settings
from aifp.schemas.upkeep import Cleaned, KeptTool

Fate = Literal["keep", "purge", "archive"]
# A deleted tool that nobody has missed for so long is named in the report.
QUIET = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class DeletedTool:
    """A deleted tool, since when, and what it was used for."""

    row: Row
    since: datetime
    uses: Uses

    @property
    def made(self) -> datetime:
        """Return when it was seen first."""
        return from_text(str(self.row["created_at"]))

    @property
    def name(self) -> str:
        """Return the name people know it by."""
        return str(self.row["name"])


def fate_of(since: datetime, executions: int, now: datetime, settings: Settings) -> Fate:
    """Say what the policy wants for a tool that was deleted at an instant."""
    if now - since < timedelta(days=settings.archive_days):
        return "keep"
    return "purge" if executions < settings.min_uses else "archive"


async def deleted_tools(ctx: Ctx) -> list[DeletedTool]:
    """Return the deleted tools with their uses."""
    rows = await ctx.directives.all("tools_and_uses", status="deleted")
    return [
        DeletedTool(row, from_text(str(row["status_changed_at"])), uses_from(row)) for row in rows
    ]


async def cleanup_old_deleted_tools(ctx: Ctx, *, dry_run: bool = False) -> Cleaned:
    """Purge or archive what was deleted long enough ago, each in a transaction of its own."""
    purged: list[str] = []
    archived: list[str] = []
    kept: list[KeptTool] = []
    for tool in await deleted_tools(ctx):
        fate = fate_of(tool.since, tool.uses.executions, ctx.clock.now(), ctx.settings)
        match fate:
            case "keep":
                pass
            case "archive":
                if dry_run or await _archive(ctx, tool):
                    archived.append(tool.name)
            case "purge":
                holders = await _purge(ctx, tool, dry_run=dry_run)
                if holders:
                    kept.append(KeptTool(name=tool.name, because=", ".join(holders)))
                else:
                    purged.append(tool.name)
    return Cleaned(purged=purged, archived=archived, kept=kept)


def unused_deleted(tools: list[DeletedTool], now: datetime) -> list[str]:
    """Name the deleted tools that nobody used for a month: candidates for the archive."""
    return [tool.name for tool in tools if now - (tool.uses.last_used or tool.made) > QUIET]


def useful_deleted(tools: list[DeletedTool], settings: Settings) -> list[str]:
    """Name the deleted tools that worked well: a person should look at them."""
    least = exactly(settings.alert_rate)
    return [tool.name for tool in tools if tool.uses.rate is not None and tool.uses.rate > least]


async def _archive(ctx: Ctx, tool: DeletedTool) -> bool:
    """Keep what is known of a deleted tool, and no longer wait for it."""
    reason = f"deleted since {to_text(tool.since)}, used {tool.uses.executions} times"
    async with ctx.directives.write() as db:
        row = await db.one("artifact_by_id", id=tool.row["id"])
        if row is None or row["status"] != "deleted":
            return False
        await mark_tool_status(ctx, db, row, "archived", reason, "auto_cleanup")
    return True


async def _purge(ctx: Ctx, tool: DeletedTool, *, dry_run: bool) -> list[str]:
    """Purge a tool unless something still refers to it; return what does."""
    holders = await holders_of(ctx, tool.row)
    if holders or dry_run:
        return holders
    return await purge_tool_data(ctx, tool.row, tool.uses)
