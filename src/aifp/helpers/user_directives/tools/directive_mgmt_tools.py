"""Look directives up, and move one along its life."""

import logging
import unicodedata
from typing import Annotated

from pydantic import Field

from aifp.helpers.contract import destroys, reads, writes
from aifp.helpers.shared.zones import project_zone
from aifp.helpers.user_directives.internal.approvals import revoke
from aifp.helpers.user_directives.internal.approving import ask_approval
from aifp.helpers.user_directives.internal.config_changes import change_configuration
from aifp.helpers.user_directives.internal.directive_rows import brief_of, full_of
from aifp.helpers.user_directives.internal.parsing import is_inside, project_path
from aifp.helpers.user_directives.internal.status_changes import change_status
from aifp.helpers.user_directives.internal.transitions import (
    require_directive,
    subject_of_directive,
)
from aifp.helpers.user_directives.internal.updates import archive
from aifp.schemas.approvals import Approved, PendingDecision, Revoked
from aifp.schemas.common import JsonMap, Listed, NotFound
from aifp.schemas.directives import Archived, Directive, DirectiveBrief, StatusChanged
from aifp.schemas.instants import from_text
from aifp.schemas.ports import Ctx
from aifp.schemas.updating import ConfigurationUpdated
from aifp.schemas.words import DirectiveStatus, DirectiveType

Decision = Annotated[bool, Field(description="true asks the person, false takes approval back")]
Configuration = Annotated[
    JsonMap, Field(description="the whole canonical form, as get_directive_by_id shows it")
]

logger = logging.getLogger(__name__)


@reads
async def get_directive_by_id(ctx: Ctx, directive_id: int) -> Directive | NotFound:
    """Get one directive by its number, with its configuration, approval and next due time."""
    row = await ctx.directives.one("directive_with_all", id=directive_id, name=None)
    return full_of(row) if row else NotFound()


@reads
async def get_directive_by_name(ctx: Ctx, name: str) -> Directive | NotFound:
    """Get one directive by its exact name, with its configuration, approval and next due time."""
    exact = unicodedata.normalize("NFC", name)
    row = await ctx.directives.one("directive_with_all", id=None, name=exact)
    return full_of(row) if row else NotFound()


@reads
async def get_directives_by_status(ctx: Ctx, status: DirectiveStatus) -> list[DirectiveBrief]:
    """List the directives in one status, the highest priority first."""
    rows = await ctx.directives.all("directives_by_status", status=status)
    return [brief_of(row) for row in rows]


@reads
async def get_directives_by_type(ctx: Ctx, directive_type: DirectiveType) -> list[DirectiveBrief]:
    """List the directives of one type that are not archived, the highest priority first."""
    rows = await ctx.directives.all("directives_by_type", directive_type=directive_type)
    return [brief_of(row) for row in rows]


@reads
async def get_active_directives(ctx: Ctx) -> list[DirectiveBrief]:
    """List the directives that fire now, each with its next due time."""
    rows = await ctx.directives.all("directives_by_status", status="active")
    return [brief_of(row) for row in rows]


@reads
async def get_directives_from_file(ctx: Ctx, source_file: str) -> Listed[DirectiveBrief]:
    """List every directive of one file, archived ones too, in the order of the file."""
    path = project_path(ctx, source_file)
    if not is_inside(path):
        warning = "source_file is outside the project; allowed: a path inside it"
        logger.warning("get_directives_from_file: %s", warning)
        return Listed(result=[], total=0, warnings=[warning], refused=True)
    rows = await ctx.directives.all("directives_from_file", source_file=path)
    return Listed(result=[brief_of(row) for row in rows], total=len(rows))


@destroys(repeatable=True)
async def update_directive_status(
    ctx: Ctx, directive_id: int, status: DirectiveStatus
) -> StatusChanged:
    """Move a directive along one edge of its life; active goes through the whole gate."""
    return await change_status(ctx, directive_id, status)


@destroys(repeatable=True)
async def update_directive_config(
    ctx: Ctx, directive_id: int, configuration_json: Configuration
) -> ConfigurationUpdated:
    """Give a directive a whole new configuration; it must be implemented and approved anew."""
    return await change_configuration(ctx, directive_id, configuration_json)


@writes(asks=True, repeatable=True)
async def set_directive_approval(
    ctx: Ctx, directive_id: int, approved: Decision
) -> Approved | PendingDecision | Revoked:
    """Ask the person to approve a directive, or take its approval back at once."""
    if approved:
        return await ask_approval(ctx, directive_id)
    row = await require_directive(ctx.directives, directive_id)
    await revoke(ctx, subject_of_directive(row), "taken back with set_directive_approval")
    return Revoked()


@destroys(repeatable=True)
async def archive_directive(ctx: Ctx, directive_id: int) -> Archived:
    """Stop a directive for good; its history stays, and a running run ends in its time."""
    row = await require_directive(ctx.directives, directive_id)
    if row["status"] != "archived":
        await archive(ctx, row, "archived")
    kept = await ctx.directives.one("archived_at", id=directive_id)
    zone = await project_zone(ctx.project)
    at = from_text(str(kept["archived_at"])) if kept else ctx.clock.now()
    return Archived(archived_date=at.astimezone(zone).date().isoformat())
