"""Files of tools that come back: nothing is ever lost, and what was approved runs again."""

from dataclasses import dataclass

from aifp.helpers.lifecycle.internal.artifact_rows import require_artifact
from aifp.helpers.lifecycle.internal.authorizing import settle_authorization
from aifp.helpers.lifecycle.internal.deletion import close_deletion_alerts
from aifp.helpers.lifecycle.internal.deploying import Deployment, put_in_force
from aifp.helpers.lifecycle.internal.drafting import keep_draft
from aifp.helpers.lifecycle.internal.history import require_version
from aifp.helpers.lifecycle.internal.marking import mark_tool_status, take_place
from aifp.helpers.lifecycle.internal.removing import may_run
from aifp.helpers.lifecycle.internal.rolling_back import earlier_draft
from aifp.helpers.lifecycle.internal.stored_files import files_of_version
from aifp.helpers.lifecycle.internal.tool_approving import known_yes
from aifp.helpers.lifecycle.internal.tool_files import (
    conflicts_between,
    replacing,
    require_no_conflict,
)
from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.helpers.shared.whole import whole
from aifp.schemas.deploying import LoadFailed, Restored
from aifp.schemas.errors import AifpError, Conflict, InvalidArgument, InvalidTransition
from aifp.schemas.ports import Ctx, Row


@dataclass(frozen=True, slots=True)
class Back:
    """A version whose files are to lie there again."""

    artifact: Row
    version_id: int
    number: int
    code_hash: str
    files: dict[str, bytes]


async def restore(ctx: Ctx, artifact: Row, number: int | None) -> Restored:
    """Write the files of a version back; what a person approved is in force again."""
    if artifact["status"] == "deprecated":
        await _take_back(ctx, artifact)
    back = await _version_back(ctx, artifact, number)
    if artifact["kind"] == "implementation":
        await whole(_write_back(ctx, back))
        running = await may_run(ctx, artifact)
    else:
        running = await _restore_tool(ctx, back)
        await may_run(ctx, artifact)
    await close_deletion_alerts(ctx, artifact)
    ctx.engine.wake()
    await ctx.door.tools_changed()
    path = str(artifact["path"])
    return Restored(path=path, version_number=back.number, callable=running)


async def _take_back(ctx: Ctx, artifact: Row) -> None:
    """Let a deprecated tool be an ordinary one again."""
    async with ctx.directives.write() as db:
        row = await db.one("artifact_by_id", id=artifact["id"]) or artifact
        if row["status"] == "deprecated":
            await mark_tool_status(ctx, db, row, "active", "no longer deprecated", ctx.actor)
            await db.run("set_successor", id=artifact["id"], successor_id=None, note=None)


async def _version_back(ctx: Ctx, artifact: Row, number: int | None) -> Back:
    """Return what is to lie there again: the last version, or an earlier one as a new one."""
    current = artifact["current_version_id"]
    version = await _asked_for(ctx, artifact, number)
    version_id = int(str(version["id"]))
    if version_id != current:
        draft = await earlier_draft(ctx, artifact, version, "restore", None)
        version_id = await keep_draft(ctx, artifact, draft)
    kept = await ctx.directives.one("version_by_id", id=version_id) or version
    files = {file.path: file.data for file in await files_of_version(ctx, version_id)}
    number, code_hash = int(str(kept["version_number"])), str(kept["code_hash"])
    return Back(artifact, version_id, number, code_hash, files)


async def _asked_for(ctx: Ctx, artifact: Row, number: int | None) -> Row:
    current = artifact["current_version_id"]
    if number is not None:
        version = await require_version(ctx.directives, artifact, number)
        if artifact["kind"] == "implementation" and version["id"] != current:
            raise InvalidArgument(
                f"Version {number} is not the present code of {artifact['name']}; a directive "
                "goes back as a whole, with rollback_to_version."
            )
        return version
    version = await ctx.directives.one("version_by_id", id=current)
    if version is None:
        raise InvalidTransition(f"{artifact['name']} never had a file; nothing can be restored.")
    return version


async def _restore_tool(ctx: Ctx, back: Back) -> bool:
    """Restore a tool; return whether it may be called."""
    try:
        known = await known_yes(ctx, back.version_id)
    except AifpError:
        # What lay there was no tool that anybody could approve; its bytes come back as they were.
        known = None
    if known is None:
        await whole(_write_back(ctx, back))
        return await settle_authorization(ctx, int(str(back.artifact["id"]))) == "approved"
    wanted = Deployment(known, "restore", "restored from the object store")
    done = await put_in_force(ctx, back.version_id, wanted)
    if isinstance(done, LoadFailed):
        raise Conflict(f"{back.artifact['name']} does not load any more: {done.reason}.")
    row = await require_artifact(ctx.directives, str(back.artifact["name"]), "user_tool")
    return row["authorization"] == "approved"


async def _write_back(ctx: Ctx, back: Back) -> None:
    """Write files that nobody approved, or of a directive, whose own gate judges them."""
    async with replacing(ctx, back.files) as (db, change):
        hashes = {path: sha256_of_bytes(data) for path, data in back.files.items()}
        require_no_conflict(conflicts_between({}, change.before, hashes))
        artifact = await db.one("artifact_by_id", id=back.artifact["id"]) or back.artifact
        if artifact["current_version_id"] != back.version_id:
            await take_place(ctx, db, artifact, back.version_id, back.code_hash)
        if artifact["status"] != "active":
            await mark_tool_status(ctx, db, artifact, "active", "restored", ctx.actor)
        await change.write()
