"""Take away all that is known of a tool, and leave one event that it was there."""

from aifp.helpers.lifecycle.internal.tool_events import Told, tell_tool
from aifp.helpers.lifecycle.internal.uses import Uses
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Reader, Row, Writer

GONE_MEANWHILE = "it is not deleted any more"


async def holders_of(ctx: Ctx, artifact: Row) -> list[str]:
    """Name what still refers to a tool: while anything does, it is not purged."""
    is_tool, name = artifact["kind"] == "user_tool", str(artifact["name"])
    tasks = await ctx.project.all(
        "open_tasks_about",
        directive_name=None if is_tool else name,
        tool_name=name if is_tool else None,
    )
    found = await _holders(ctx.directives, artifact)
    return found + [f"the task {row['name']!r}" for row in tasks]


async def purge_tool_data(ctx: Ctx, artifact: Row, uses: Uses) -> list[str]:
    """Purge a deleted tool in one transaction; return what kept it, if something did meanwhile.

    Only maintenance calls this. The audit log is sealed, so its events stay; what is left to see
    of the tool is the one that says it was purged.
    """
    now = ctx.clock.now()
    async with ctx.directives.write() as db:
        row = await db.one("artifact_by_id", id=artifact["id"])
        if row is None or row["status"] != "deleted":
            return [GONE_MEANWHILE]
        if holders := await _holders(db, row):
            return holders
        facts = await _tombstone(db, row, uses)
        await _drop(db, row, to_text(now))
        told = Told(reason="deleted long ago and hardly used", metadata=facts)
        await tell_tool(db, now, row, "auto_cleanup", "purged", told)
    return []


async def _holders(db: Reader, artifact: Row) -> list[str]:
    tool_name = artifact["name"] if artifact["kind"] == "user_tool" else None
    rows = await db.all("what_needs_tool", id=artifact["id"], tool_name=tool_name)
    return [str(row["holder"]) for row in rows]


async def _tombstone(db: Reader, artifact: Row, uses: Uses) -> JsonMap:
    size = await db.one("size_of_tool", id=artifact["id"]) or {}
    counts: JsonMap = {key: int(str(size[key])) for key in ("versions", "runs") if key in size}
    last_hash = str(size["last_hash"]) if size.get("last_hash") else None
    facts = {**uses.facts(), "total_uses": uses.executions}
    return {**facts, **counts, "last_hash": last_hash, "kind": str(artifact["kind"])}


async def _drop(db: Writer, artifact: Row, at: str) -> None:
    tool = artifact["id"]
    await db.run("expire_objects_of_tool", id=tool, at=at)
    await db.run("withdraw_requests_of_tool", id=tool, at=at)
    await db.run("close_alerts_of_tool", id=tool, at=at)
    await db.run("purge_implementation_rows", id=tool)
    await db.run("purge_runs_of_tool", id=tool)
    await db.run("purge_totals_of_tool", id=tool)
    await db.run("purge_state_of_tool", id=tool)
    await db.run("purge_grants_of_tool", id=tool)
    await db.run("purge_tool", id=tool)
