"""When directives are due next, computed from their canonical form and nothing else."""

from datetime import UTC, datetime

from aifp.helpers.user_directives.internal.directive_rows import id_of
from aifp.helpers.user_directives.internal.language.due.next_due import due_times_of
from aifp.helpers.user_directives.internal.language.reading_back import trigger_text
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.errors import NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx
from aifp.schemas.reports import DueList

FOREVER = datetime(2200, 1, 1, tzinfo=UTC)


async def due_report(ctx: Ctx, name: str | None, count: int) -> list[DueList]:
    """Return the next due times of one directive, or of every active one."""
    ids = [await id_of(ctx, name)] if name is not None else await _active(ctx)
    return [await _due_list(ctx, directive_id, count) for directive_id in ids]


async def _active(ctx: Ctx) -> list[int]:
    rows = await ctx.directives.all("directives_by_status", status="active")
    return [int(str(row["id"])) for row in rows]


async def _due_list(ctx: Ctx, directive_id: int, count: int) -> DueList:
    row = await ctx.directives.one("configuration_to_watch", id=directive_id)
    if row is None or row["configuration_json"] in (None, "{}"):
        raise NoSuch("Only a validated directive has due times; see user_directive_validate.")
    directive = CanonicalDirective.model_validate_json(str(row["configuration_json"]))
    due = due_times_of(directive, ctx.clock.now(), FOREVER, count)
    return DueList(
        directive=directive.name,
        timezone=directive.timezone,
        starts=trigger_text(directive.when),
        due=[to_text(at) for at in due],
    )
