"""How much an artifact was used, for tools that answer it."""

from aifp.helpers.lifecycle.internal.uses import uses_of
from aifp.schemas.ports import Reader, Row
from aifp.schemas.tool_sync import ToolStatistics, ToolStatisticsAnswer


async def statistics_of(db: Reader, artifact_id: object) -> ToolStatistics:
    """Return the uses of an artifact over its whole life; they outlive its file and its runs."""
    return ToolStatistics.model_validate((await uses_of(db, artifact_id)).facts())


async def statistics_answer(db: Reader, artifact: Row) -> ToolStatisticsAnswer:
    """Return the uses of an artifact with its standing."""
    count = await db.one("count_of_versions", artifact_id=artifact["id"])
    standing = {key: artifact[key] for key in ("name", "kind", "status", "authorization")}
    return ToolStatisticsAnswer.model_validate(
        {
            **(await statistics_of(db, artifact["id"])).model_dump(),
            **standing,
            "versions": count["versions"] if count else 0,
        }
    )
