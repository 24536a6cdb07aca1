"""The zone whose days a project counts in."""

from zoneinfo import ZoneInfo

from aifp.schemas.ports import Reader


async def project_zone(project: Reader) -> ZoneInfo:
    """Return the zone whose days the daily totals follow."""
    row = await project.one("project")
    return ZoneInfo(str(row["timezone"]) if row and row["timezone"] else "UTC")
