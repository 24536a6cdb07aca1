"""When directives are due next, computed from their canonical form and nothing else."""

from datetime import UTC, datetime

from aifp.helpers.user_directives.internal.directive_rows import id_of
from aifp.helpers.user_directives.internal.language.due.next_due import due_times_of
from aifp.helpers.user_directives.internal.language.reading_back import trigger_text
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.errors import NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Reader
from aifp.schemas.reports import DueList

# A directive that is due more often in the asked time is described, not counted out.
MOST_DUE = 25
FOREVER = datetime(2200, 1, 1, tzinfo=UTC)


async def due_report(ctx: Ctx, name: str | None, count: int) -> list[DueList]:
    """Return the next due times of one directive, or of every active one."""
    ids = [await id_of(ctx, name)] if name is not None else await _active(ctx)
    return [await _due_list(ctx, directive_id, count) for directive_id in ids]


async def due_between(directives: Reader, start: datetime, end: datetime) -> list[DueList]:
    """Return what of the active directives is due in a span of time, its first due times each."""
    rows = await directives.all("directives_by_status", status="active")
    found = [_due(str(row["configuration_json"]), start, end, MOST_DUE) for row in rows]
    return [line for line in found if line.due]


async def _active(ctx: Ctx) -> list[int]:
    rows = await ctx.directives.all("directives_by_status", status="active")
    return [int(str(row["id"])) for row in rows]


async def _due_list(ctx: Ctx, directive_id: int, count: int) -> DueList:
    row = await ctx.directives.one("configuration_to_watch", id=directive_id)
    if row is None or row["configuration_json"] in (None, "{}"):
        raise NoSuch("Only a validated directive has due times; see user_directive_validate.")
    return _due(str(row["configuration_json"]), ctx.clock.now(), FOREVER, count)


def _due(configuration: str, start: datetime, end: datetime, most: int) -> DueList:
    directive = CanonicalDirective.model_validate_json(configuration)
    due = due_times_of(directive, start, end, most)
    return DueList(
        directive=directive.name,
        timezone=directive.timezone,
        starts=trigger_text(directive.when),
        due=[to_text(at) for at in due],
    )
