"""Put an approved version of a tool into its file and into force: whole, or not at all."""

from dataclasses import dataclass

from aifp.helpers.lifecycle.internal.artifact_rows import PRESENT, require_version_row
from aifp.helpers.lifecycle.internal.decided import authorization_of
from aifp.helpers.lifecycle.internal.tool_columns import columns_of
from aifp.helpers.lifecycle.internal.tool_events import Told, tell_tool
from aifp.helpers.lifecycle.internal.tool_files import (
    Bytes,
    baseline_of,
    conflicts_between,
    on_disk,
    replacing,
    require_no_conflict,
)
from aifp.helpers.lifecycle.internal.tool_releases import ToolCode
from aifp.helpers.lifecycle.internal.version_releases import code_of_version, release_of_code
from aifp.helpers.shared.deployments import TYPES, NewDeployment, note_deployment
from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.helpers.shared.whole import whole
from aifp.helpers.user_directives.internal.approvals import genuine_yes, grant
from aifp.helpers.user_directives.internal.classification import classify
from aifp.schemas.common import JsonMap
from aifp.schemas.deploying import Deployed, LoadFailed
from aifp.schemas.errors import ApprovalRequired, InvalidTransition
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Reader, Row, Writer
from aifp.schemas.releases import Release
from aifp.schemas.sandbox import Job, Limits
from aifp.schemas.words import ArtifactStatus, Authorization, DeploymentType, ToolEvent

LOAD_LIMITS = Limits(wall_ms=10_000)
EVENTS: dict[DeploymentType, ToolEvent] = {
    "new": "deployed",
    "improvement": "deployed",
    "rollback": "rolled_back",
    "restore": "restored",
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is to be in force, by whose yes, and what it is called in the history."""

    approval_id: int
    kind: DeploymentType | None = None
    reason: str | None = None
    auto_rollbacks: int = 0


async def deploy_version(
    ctx: Ctx,
    version_id: int,
    approval_id: int,
    kind: DeploymentType | None = None,
    reason: str | None = None,
) -> Deployed | LoadFailed:
    """Let an approved version of a tool run: its file is written when it loads in the sandbox."""
    return await put_in_force(ctx, version_id, Deployment(approval_id, kind, reason))


async def put_in_force(ctx: Ctx, version_id: int, wanted: Deployment) -> Deployed | LoadFailed:
    """Check a version, then write file and record in one; a failure leaves both as they were."""
    version = await require_deployable(ctx.directives, version_id)
    code = await code_of_version(ctx, version_id)
    release = await release_of_code(ctx, code)
    await _require_yes(ctx, release)
    if await _is_in_force(ctx, version, release, code):
        return Deployed(version_number=code.version_number, note="It is in force already.")
    fault = await load_fault(ctx, release)
    if fault is not None:
        return await note_load_failed(ctx, version, fault)
    backup = await whole(_switch(ctx, code, release, wanted))
    ctx.engine.wake()
    await ctx.door.tools_changed()
    return Deployed(version_number=code.version_number, backup=backup)


async def _is_in_force(ctx: Ctx, version: Row, release: Release, code: ToolCode) -> bool:
    row = await ctx.directives.one("deployment_in_force", artifact_id=code.artifact_id)
    same = row is not None and row["release_sha256"] == release.release_sha256
    noted = version["current_version_id"] == version["deployed_version_id"] == version["id"]
    allowed = version["authorization"] == "approved" and version["status"] in PRESENT
    if not (same and noted and allowed):
        return False
    return await on_disk(ctx, [code.path]) == {code.path: code.data}


async def require_deployable(db: Reader, version_id: int) -> Row:
    """Return a version with its artifact; refuse one that was declined or does not load."""
    version = await require_version_row(db, version_id)
    if version["state"] in ("rejected", "load_failed"):
        raise InvalidTransition(
            f"Version {version['version_number']} of {version['name']} is {version['state']} and "
            "can never run. Propose changed code with safe_deploy."
        )
    return version


async def _require_yes(ctx: Ctx, release: Release, db: Reader | None = None) -> int:
    owner, sha256 = release.owner, release.release_sha256
    approval_id = await genuine_yes(ctx, owner.kind, owner.id, sha256, db)
    if approval_id is None:
        raise ApprovalRequired(
            f"Version {release.directive_version} of {owner.name} is not approved as it is stored. "
            f"Ask with request_approval, or let a person run: aifp approve {owner.name}"
        )
    return approval_id


async def load_fault(ctx: Ctx, release: Release) -> str | None:
    """Return why code does not load in the sandbox, or None; no call is made."""
    job = Job(
        mode="load",
        modules=release.modules,
        main=release.main,
        entry=release.entry_point,
        now=ctx.clock.now(),
        seed=release.release_sha256,
        limits=LOAD_LIMITS,
        packages=release.packages,
        package_folders=await ctx.machine.place(release.packages),
    )
    outcome = await ctx.sandbox.run(job)
    return None if outcome.status == "ok" else outcome.error or outcome.status


async def note_load_failed(ctx: Ctx, version: Row, fault: str) -> LoadFailed:
    """Keep that a version does not load; it can never run."""
    number, now = int(str(version["version_number"])), ctx.clock.now()
    artifact: Row = {**version, "id": version["artifact_id"]}
    facts: JsonMap = {"version_number": number, "state": "load_failed"}
    told = Told(reason=fault, metadata={**facts, "code_hash": str(version["code_hash"])})
    async with ctx.directives.write() as db:
        await db.run("set_version_state", id=version["id"], state="load_failed")
        await tell_tool(db, now, artifact, ctx.actor, "changed", told)
    return LoadFailed(version_number=number, reason=fault)


async def _switch(ctx: Ctx, code: ToolCode, release: Release, wanted: Deployment) -> str | None:
    """Write the record and, last of all, the file; return the hash of the bytes before."""
    files = {code.path: code.data}
    async with replacing(ctx, files) as (db, change):
        version = await require_deployable(db, code.version_id)
        approval_id = await _require_yes(ctx, release, db)
        await _require_unchanged(db, version, change.before, code, wanted)
        await _note(ctx, db, version, code, release)
        await grant(db, release, approval_id, ctx.clock.now())
        await _note_deployment(ctx, db, version, release, wanted)
        await change.write()
    data = change.before[code.path]
    return None if data is None else sha256_of_bytes(data)


async def _require_unchanged(
    db: Reader, version: Row, before: Bytes, code: ToolCode, how: Deployment
) -> None:
    """Refuse to write over a file that somebody changed since it was known."""
    # What is restored was missing, also where no sync has noticed that yet.
    there = version["status"] in PRESENT and how.kind != "restore"
    baseline = await baseline_of(db, version["current_version_id"]) if there else {}
    wanted = {code.path: sha256_of_bytes(code.data)}
    require_no_conflict(conflicts_between(baseline, before, wanted))


async def _note(ctx: Ctx, db: Writer, version: Row, code: ToolCode, release: Release) -> None:
    """Let the row of a tool say what its new code says."""
    spec, at = code.spec, to_text(ctx.clock.now())
    effect = classify(spec, {spec.name: code.data.decode("utf-8", "replace")})
    await db.run("set_version_state", id=code.version_id, state="approved")
    await db.run("set_version_release", id=code.version_id, sha256=release.release_sha256)
    await db.run(
        "set_tool_in_force",
        id=code.artifact_id,
        version_id=code.version_id,
        path=code.path,
        status=status_in_force(version),
        authorization=await _authorization(ctx, db, version, release),
        at=at,
        **columns_of(spec, effect),
    )


async def _authorization(ctx: Ctx, db: Reader, version: Row, release: Release) -> Authorization:
    """Return whether it may run: a yes given after it was switched off lets it."""
    owner = int(str(version["artifact_id"]))
    word = await authorization_of(ctx, owner, release.release_sha256, db)
    # What is in force already is switched on by nothing but that.
    is_known = version["deployed_version_id"] == version["id"]
    return "disabled" if is_known and version["authorization"] == "disabled" else word


def status_in_force(version: Row) -> ArtifactStatus:
    """Return the status of a tool whose file is there; a deprecated one stays so."""
    return "deprecated" if version["status"] == "deprecated" else "active"


async def _note_deployment(
    ctx: Ctx, db: Writer, version: Row, release: Release, wanted: Deployment
) -> None:
    new = NewDeployment(
        artifact_id=int(str(version["artifact_id"])),
        version_id=int(str(version["id"])),
        release_sha256=release.release_sha256,
        approval_id=wanted.approval_id,
        kind=wanted.kind or kind_of(version),
        actor=ctx.actor,
        reason=wanted.reason,
        auto_rollbacks=wanted.auto_rollbacks,
    )
    now, status = ctx.clock.now(), status_in_force(version)
    await note_deployment(db, now, new)
    await tell_deployed(ctx, db, version, release, wanted, status)


async def tell_deployed(
    ctx: Ctx, db: Writer, version: Row, release: Release, wanted: Deployment, status: ArtifactStatus
) -> None:
    """Write the one event of a deployment."""
    artifact: Row = {**version, "id": version["artifact_id"]}
    told = Told(
        reason=wanted.reason,
        to_status=status if status != version["status"] else None,
        metadata={
            "version_number": int(str(version["version_number"])),
            "release_sha256": release.release_sha256,
            "code_hash": str(version["code_hash"]),
        },
    )
    event = EVENTS[wanted.kind or kind_of(version)]
    await tell_tool(db, ctx.clock.now(), artifact, ctx.actor, event, told)


def kind_of(version: Row) -> DeploymentType:
    """Return what a version is deployed as, by what it was made for."""
    known = TYPES.get(str(version["reason"]))
    return known or ("improvement" if version["deployed_version_id"] else "new")


async def outcome_of(ctx: Ctx, version_id: int) -> Deployed | LoadFailed:
    """Return what became of a version that a person approved."""
    version = await require_version_row(ctx.directives, version_id)
    number = int(str(version["version_number"]))
    if version["state"] == "load_failed":
        subject = str(version["artifact_id"])
        event = await ctx.directives.one(
            "why_load_failed", subject_id=subject, version_number=number
        )
        return LoadFailed(version_number=number, reason=str(event["reason"]) if event else "")
    before = await baseline_of(ctx.directives, version["parent_id"])
    return Deployed(version_number=number, backup=before.get(str(version["path"])))
