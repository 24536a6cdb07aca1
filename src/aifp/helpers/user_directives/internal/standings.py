"""Every directive at a glance, for doors that list, complete and announce."""

from datetime import datetime

from aifp.helpers.user_directives.internal.language.due.next_due import due_times_of
from aifp.helpers.user_directives.internal.language.reading_back import trigger_text
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Reader
from aifp.schemas.reports import DueList
from aifp.schemas.standings import Standing

# A directive that is due more often in the asked time is described, not counted out.
MOST_DUE = 25


async def standings(directives: Reader) -> list[Standing]:
    """Return every directive that is not archived, by name."""
    rows = await directives.all("directive_standings")
    return [Standing.model_validate({**row, "approved": bool(row["approved"])}) for row in rows]


async def due_between(directives: Reader, start: datetime, end: datetime) -> list[DueList]:
    """Return what of the active directives is due in a span of time, its first due times each."""
    rows = await directives.all("directives_by_status", status="active")
    found = [_due(str(row["configuration_json"]), start, end) for row in rows]
    return [line for line in found if line is not None]


def _due(configuration: str, start: datetime, end: datetime) -> DueList | None:
    directive = CanonicalDirective.model_validate_json(configuration)
    due = due_times_of(directive, start, end, MOST_DUE)
    if not due:
        return None
    return DueList(
        directive=directive.name,
        timezone=directive.timezone,
        starts=trigger_text(directive.when),
        due=[to_text(at) for at in due],
    )
