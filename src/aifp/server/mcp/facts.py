"""What the offer must know of the project besides what its tools answer."""

from typing import Protocol

from aifp.schemas.reports import DayPlan
from aifp.schemas.standings import OwnTool, Standing


class Facts(Protocol):
    """Reads the project; nothing it does creates or changes a file."""

    async def standings(self) -> list[Standing]:
        """Return every directive that is not archived, by name."""
        ...

    async def own_tools(self) -> list[OwnTool]:
        """Return the user's own tools that can be called now, by name."""
        ...

    async def timezone(self) -> str:
        """Return the project's zone."""
        ...

    async def plan_of(self, day: str) -> DayPlan:
        """Return what is due on `today`, `tomorrow` or a date; raises InvalidArgument."""
        ...
