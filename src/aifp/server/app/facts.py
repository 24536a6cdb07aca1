"""What the offer to MCP clients knows of a project, read by private helpers."""

from datetime import UTC, date, datetime, time, timedelta

from aifp.helpers.lifecycle.internal.own_tools import own_tools
from aifp.helpers.shared.zones import project_zone
from aifp.helpers.user_directives.internal.due_report import due_between
from aifp.helpers.user_directives.internal.standings import standings
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.ports import Clock, Databases
from aifp.schemas.reports import DayPlan
from aifp.schemas.standings import OwnTool, Standing

AHEAD = {"today": 0, "tomorrow": 1}
# Due times lie strictly after an instant; midnight itself belongs to the day.
JUST = timedelta(microseconds=1)


class ProjectFacts:
    """Implements Facts of the MCP door."""

    def __init__(self, databases: Databases, clock: Clock) -> None:
        self._directives, self._project = databases.directives, databases.project
        self._clock = clock

    async def standings(self) -> list[Standing]:
        """Return every directive that is not archived, by name."""
        return await standings(self._directives)

    async def own_tools(self) -> list[OwnTool]:
        """Return the user's own tools that can be called now, by name."""
        return await own_tools(self._directives)

    async def timezone(self) -> str:
        """Return the project's zone."""
        return (await project_zone(self._project)).key

    async def plan_of(self, day: str) -> DayPlan:
        """Return what is due on `today`, `tomorrow` or a date, in the project's zone."""
        zone = await project_zone(self._project)
        chosen = _date(day, self._clock.now().astimezone(zone).date())
        begin = datetime.combine(chosen, time(), zone).astimezone(UTC)
        end = datetime.combine(chosen + timedelta(days=1), time(), zone).astimezone(UTC)
        return DayPlan(
            day=chosen.isoformat(),
            timezone=zone.key,
            due=await due_between(self._directives, begin - JUST, end - JUST),
        )


def _date(day: str, today: date) -> date:
    word = day.strip().lower()
    if word in AHEAD:
        return today + timedelta(days=AHEAD[word])
    try:
        return date.fromisoformat(word)
    except ValueError:
        wish = "today, tomorrow or a date such as 2026-11-30"
        raise InvalidArgument(f"{day[:50]!r} is no day; write {wish}.") from None
