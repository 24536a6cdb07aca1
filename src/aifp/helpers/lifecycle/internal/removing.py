"""Files of tools that go: their bytes and their history stay."""

from pydantic import TypeAdapter

from aifp.helpers.lifecycle.internal.artifact_rows import PRESENT, subject_of
from aifp.helpers.lifecycle.internal.deletion import analyze_deleted_tool
from aifp.helpers.lifecycle.internal.marking import mark_tool_status, take_place
from aifp.helpers.lifecycle.internal.tool_events import Told, tell_tool
from aifp.helpers.lifecycle.internal.tool_files import (
    baseline_of,
    on_disk,
    replacing,
)
from aifp.helpers.lifecycle.internal.versions import code_hash_of, keep_file, record_version
from aifp.helpers.shared.alerts import raise_alert
from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.helpers.shared.whole import whole
from aifp.helpers.user_directives.internal.pausing import release_to_run
from aifp.schemas.artifacts import NewVersion
from aifp.schemas.common import JsonMap
from aifp.schemas.deploying import ToolStatusChanged
from aifp.schemas.errors import AifpError, Conflict, InvalidArgument, InvalidTransition
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.words import ArtifactStatus

STATUS: TypeAdapter[ArtifactStatus] = TypeAdapter(ArtifactStatus)


async def delete(ctx: Ctx, artifact: Row, *, archive: bool) -> ToolStatusChanged:
    """Remove the file of a tool; its bytes and its history stay."""
    status: ArtifactStatus = "archived" if archive else "deleted"
    before = STATUS.validate_python(artifact["status"])
    await _keep_bytes(ctx, artifact)
    verdict = await analyze_deleted_tool(ctx, artifact)
    await whole(_remove(ctx, artifact, status))
    if verdict.alert is not None:
        async with ctx.directives.write() as db:
            await raise_alert(db, ctx.clock.now(), subject_of(artifact), verdict.alert)
    await may_run(ctx, artifact)
    ctx.engine.wake()
    await ctx.door.tools_changed()
    return ToolStatusChanged(previous_status=before, status=status)


async def _keep_bytes(ctx: Ctx, artifact: Row) -> None:
    """Keep what lies there as a version, where nobody has seen it yet."""
    path = str(artifact["path"])
    data = (await on_disk(ctx, [path]))[path]
    current = await baseline_of(ctx.directives, artifact["current_version_id"])
    if data is None or current.get(path) == sha256_of_bytes(data):
        return
    if artifact["kind"] == "implementation":
        raise Conflict(
            f"{path} was changed by hand and nobody has taken that in; let sync_and_reconcile do "
            "so first, then delete it."
        )
    file = await keep_file(ctx, path, data)
    new = NewVersion(
        files=[file],
        code_hash=code_hash_of({path: data}),
        reason="manual_edit",
        created_by="user",
    )
    async with ctx.directives.write() as db:
        version_id = await record_version(ctx, db, artifact, new)
        decided = await take_place(ctx, db, artifact, version_id, new.code_hash)
        facts: JsonMap = {"code_hash": new.code_hash, "authorization": decided}
        told = Told(new.reason, metadata=facts)
        await tell_tool(db, ctx.clock.now(), artifact, new.created_by, "changed", told)


async def _remove(ctx: Ctx, artifact: Row, status: ArtifactStatus) -> None:
    path = str(artifact["path"])
    async with replacing(ctx, {path: None}) as (db, change):
        row = await db.one("artifact_by_id", id=artifact["id"]) or artifact
        reason = f"removed with delete_tool by {ctx.actor}"
        await mark_tool_status(ctx, db, row, status, reason, ctx.actor)
        await change.write()


async def deprecate(ctx: Ctx, artifact: Row, successor: Row, note: str | None) -> ToolStatusChanged:
    """Let a tool be found no more but by name, and name the one that takes its place."""
    if artifact["status"] not in PRESENT:
        raise InvalidTransition(f"{artifact['name']} is {artifact['status']}; it is not there.")
    if successor["status"] != "active" or successor["id"] == artifact["id"]:
        raise InvalidArgument(
            f"{successor['name']} is {successor['status']}; the successor must be another tool "
            "that is active."
        )
    before = STATUS.validate_python(artifact["status"])
    reason = f"{successor['name']} takes its place"
    async with ctx.directives.write() as db:
        row = await db.one("artifact_by_id", id=artifact["id"]) or artifact
        if row["status"] == "active":
            await mark_tool_status(ctx, db, row, "deprecated", reason, ctx.actor)
        elif (row["successor_id"], row["migration_note"]) != (successor["id"], note):
            await tell_tool(db, ctx.clock.now(), row, ctx.actor, "deprecated", Told(reason))
        await db.run("set_successor", id=artifact["id"], successor_id=successor["id"], note=note)
    await ctx.door.tools_changed()
    return ToolStatusChanged(previous_status=before, status="deprecated")


async def may_run(ctx: Ctx, artifact: Row) -> bool:
    """Say whether the directive of some code may run; one that waited for its file goes on.

    For a tool, those that call it are looked at.
    """
    own = artifact["directive_id"]
    ids = [] if own is None else [int(str(own))]
    if artifact["kind"] == "user_tool":
        rows = await ctx.directives.all("directives_that_call", name=artifact["name"])
        ids = [int(str(row["id"])) for row in rows]
    may = [await _may(ctx, directive_id) for directive_id in ids]
    return bool(may) and all(may)


async def _may(ctx: Ctx, directive_id: int) -> bool:
    try:
        await release_to_run(ctx, directive_id)
    except AifpError:
        return False
    return True
