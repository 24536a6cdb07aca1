"""Mark an artifact: whether it exists, and whether what lies there may run."""

from datetime import datetime

from aifp.helpers.lifecycle.internal.decided import authorization_of
from aifp.helpers.lifecycle.internal.tool_events import Told, tell_tool
from aifp.helpers.shared.deployments import NewDeployment, note_deployment
from aifp.helpers.user_directives.internal.approvals import genuine_yes
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidTransition
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Reader, Row, Writer
from aifp.schemas.words import Actor, ArtifactStatus, Authorization, ToolEvent

EDGES: dict[ArtifactStatus, frozenset[ArtifactStatus]] = {
    "active": frozenset({"deleted", "archived", "deprecated"}),
    "deprecated": frozenset({"active", "deleted", "archived"}),
    "deleted": frozenset({"active", "archived"}),
    "archived": frozenset({"active"}),
}
EVENTS: dict[ArtifactStatus, ToolEvent] = {
    "active": "restored",
    "deprecated": "deprecated",
    "deleted": "deleted",
    "archived": "archived",
}


async def mark_tool_status(
    ctx: Ctx,
    db: Writer,
    artifact: Row,
    status: ArtifactStatus,
    reason: str,
    actor: Actor,
    metadata: JsonMap | None = None,
) -> None:
    """Give exactly one artifact a status and write exactly one event; refuse any other edge."""
    before: ArtifactStatus = str(artifact["status"])  # pyright: ignore[reportAssignmentType]
    if status not in EDGES[before]:
        allowed = ", ".join(sorted(EDGES[before]))
        raise InvalidTransition(
            f"{artifact['name']} is {before} and cannot become {status}; it can become {allowed}."
        )
    now = ctx.clock.now()
    await db.run(
        "set_artifact_status", id=artifact["id"], status=status, reason=reason, at=to_text(now)
    )
    told = Told(reason, status, metadata or {})
    await tell_tool(db, now, artifact, actor, EVENTS[status], told)


async def set_authorization(
    db: Writer, at: datetime, artifact: Row, authorization: Authorization
) -> None:
    """Say whether an artifact may run; nothing happens when that is so already."""
    if artifact["authorization"] != authorization:
        await db.run(
            "set_artifact_authorization",
            id=artifact["id"],
            authorization=authorization,
            at=to_text(at),
        )


async def take_place(
    ctx: Ctx, db: Writer, artifact: Row, version_id: int, code_hash: str
) -> Authorization:
    """Make a version the one that lies on disk; return what was decided about its bytes."""
    at = ctx.clock.now()
    left = artifact["current_version_id"]
    if left is not None and left != version_id:
        await db.run("note_version_left", id=left, authorization=artifact["authorization"])
    await db.run("set_current_version", id=artifact["id"], version_id=version_id, at=to_text(at))
    twin = await _twin(db, artifact, code_hash, version_id)
    decided = await _decided(ctx, db, artifact, twin)
    if twin is not None and decided != "pending" and twin["state"] == "approved":
        release = twin["release_sha256"]
        await db.run(
            "approve_version_again", id=version_id, state="approved", release_sha256=release
        )
    await set_authorization(db, at, artifact, decided)
    if twin is not None and decided == "approved":
        await _in_force_again(ctx, db, artifact, version_id, str(twin["release_sha256"]))
    return decided


async def _in_force_again(
    ctx: Ctx, db: Writer, artifact: Row, version_id: int, release_sha256: str
) -> None:
    """Let runs count for the version that brought approved bytes of a tool back.

    What a directive runs is noted by its own gate.
    """
    before = await db.one("deployment_in_force", artifact_id=artifact["id"])
    if artifact["kind"] != "user_tool" or before is None:
        return
    at, subject = ctx.clock.now(), str(artifact["id"])
    new = NewDeployment(
        artifact_id=int(subject),
        version_id=version_id,
        release_sha256=release_sha256,
        approval_id=await genuine_yes(ctx, "artifact", subject, release_sha256, db),
        kind="restore",
        actor="user",
        reason="the approved bytes are back",
    )
    await note_deployment(db, at, new)
    await db.run("set_deployed_version", id=artifact["id"], version_id=version_id)


async def _twin(db: Reader, artifact: Row, code_hash: str, except_id: int) -> Row | None:
    return await db.one(
        "same_code_before",
        artifact_id=artifact["id"],
        code_hash=code_hash,
        except_id=except_id,
    )


async def _decided(ctx: Ctx, db: Reader, artifact: Row, twin: Row | None) -> Authorization:
    if twin is None:
        return "pending"
    decided = str(twin["left_as"] or ("approved" if twin["state"] == "approved" else "pending"))
    if artifact["kind"] != "user_tool" or twin["release_sha256"] is None or decided == "disabled":
        return decided  # pyright: ignore[reportReturnType]
    return await authorization_of(ctx, int(str(artifact["id"])), str(twin["release_sha256"]), db)
