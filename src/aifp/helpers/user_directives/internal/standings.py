"""Every directive at a glance, for doors that list, complete and announce."""

from aifp.schemas.ports import Reader
from aifp.schemas.standings import Standing


async def standings(directives: Reader) -> list[Standing]:
    """Return every directive that is not archived, by name."""
    rows = await directives.all("directive_standings")
    return [Standing.model_validate({**row, "approved": bool(row["approved"])}) for row in rows]
