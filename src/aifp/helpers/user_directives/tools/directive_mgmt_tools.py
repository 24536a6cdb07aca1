"""Look directives up."""

import unicodedata

from aifp.helpers.contract import reads
from aifp.helpers.user_directives.internal.directive_rows import brief_of, full_of
from aifp.schemas.common import NotFound
from aifp.schemas.directives import Directive, DirectiveBrief
from aifp.schemas.ports import Ctx
from aifp.schemas.words import DirectiveStatus


@reads
async def get_directive_by_name(ctx: Ctx, name: str) -> Directive | NotFound:
    """Get one directive by its exact name, with its configuration, approval and next due time."""
    exact = unicodedata.normalize("NFC", name)
    row = await ctx.directives.one("directive_by_name", name=exact)
    return full_of(row) if row else NotFound()


@reads
async def get_directives_by_status(ctx: Ctx, status: DirectiveStatus) -> list[DirectiveBrief]:
    """List the directives in one status, the highest priority first."""
    rows = await ctx.directives.all("directives_by_status", status=status)
    return [brief_of(row) for row in rows]


@reads
async def get_active_directives(ctx: Ctx) -> list[DirectiveBrief]:
    """List the directives that fire now, each with its next due time."""
    rows = await ctx.directives.all("directives_by_status", status="active")
    return [brief_of(row) for row in rows]
