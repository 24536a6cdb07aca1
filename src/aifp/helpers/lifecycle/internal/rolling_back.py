"""Back to an earlier version: its bytes again, as a new version, where a person approved them."""

import json
from dataclasses import replace

from aifp.helpers.lifecycle.internal.asking import ask_and_deploy
from aifp.helpers.lifecycle.internal.conflict_answers import conflict_answer, conflicts_of
from aifp.helpers.lifecycle.internal.deploying import Deployment, put_in_force
from aifp.helpers.lifecycle.internal.directive_deploying import put_release_in_force
from aifp.helpers.lifecycle.internal.directive_releases import (
    PLAN,
    Plan,
    candidate_of,
    release_in_waiting,
    require_open_directive,
)
from aifp.helpers.lifecycle.internal.drafting import Draft, keep_draft
from aifp.helpers.lifecycle.internal.history import permissions_in, require_version
from aifp.helpers.lifecycle.internal.layouts import layout_yes, require_same_layout
from aifp.helpers.lifecycle.internal.stored_files import files_of_version
from aifp.helpers.lifecycle.internal.tool_files import on_disk
from aifp.helpers.user_directives.internal.approvals import approval_of, genuine_yes
from aifp.schemas.common import JsonMap
from aifp.schemas.deploying import DeployAnswer, Deployed, LoadFailed, RolledBack
from aifp.schemas.errors import ApprovalRequired, Conflict, InvalidTransition, NoSuch
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.words import Actor, VersionReason

IN_FORCE = "It is in force already."


async def roll_back_to(ctx: Ctx, artifact: Row, number: int, reason: str | None) -> DeployAnswer:
    """Deploy an earlier version again; a release that nobody approved is asked about first."""
    target = await require_version(ctx.directives, artifact, number)
    _require_usable(artifact, target)
    if target["id"] == artifact["current_version_id"]:
        return await _already_there(ctx, artifact, target, reason)
    draft = await earlier_draft(ctx, artifact, target, "rollback", reason)
    present = await on_disk(ctx, list(draft.files))
    found = await conflicts_of(ctx, artifact, draft.files, present, None)
    version_id = await keep_draft(ctx, artifact, draft)
    if found:
        return await conflict_answer(ctx, version_id, found, present)
    waiting = await layout_yes(ctx, artifact, version_id)
    return waiting or await ask_and_deploy(ctx, version_id, reason)


async def _already_there(ctx: Ctx, artifact: Row, target: Row, reason: str | None) -> DeployAnswer:
    """Answer for a version that lies in its file: it is in force, or a person is asked."""
    number = int(str(target["version_number"]))
    if artifact["kind"] == "implementation":
        return await _earlier_text(ctx, artifact, target, reason)
    in_force = await ctx.directives.one("deployment_in_force", artifact_id=artifact["id"])
    if in_force is not None and in_force["version_id"] == target["id"]:
        return Deployed(version_number=number, note=IN_FORCE)
    return await ask_and_deploy(ctx, int(str(target["id"])), reason)


async def _earlier_text(
    ctx: Ctx, artifact: Row, target: Row, reason: str | None
) -> Deployed | LoadFailed:
    """Let the text of a directive go back to the one its present code was approved with."""
    version_id, number = int(str(target["id"])), int(str(target["version_number"]))
    plan = await _plan_of(ctx, artifact, target)
    if plan.directive_version == plan.made_at:
        return Deployed(version_number=number, note=IN_FORCE)
    candidate = await candidate_of(ctx, version_id, plan)
    release = await release_in_waiting(ctx, candidate)
    known = await approval_of(ctx, candidate.directive_id, release.release_sha256)
    if known is None:
        raise ApprovalRequired(
            f"Version {plan.directive_version} of the text of {artifact['name']} is not approved "
            "as it would run now. Ask with user_directive_approve once it is implemented."
        )
    wanted = Deployment(known, "rollback", reason)
    return await put_release_in_force(ctx, version_id, wanted, plan)


async def roll_back(ctx: Ctx, artifact_id: int, cause: str, actor: Actor) -> RolledBack:
    """Put the release before the present one in force again, which a person has approved.

    Raises ApprovalRequired where none is left, or where the state of the tool has another layout
    by now: then a person decides.
    """
    ctx = replace(ctx, actor=actor)
    artifact = await ctx.directives.one("artifact_by_id", id=artifact_id)
    in_force = await ctx.directives.one("deployment_in_force", artifact_id=artifact_id)
    if artifact is None or in_force is None:
        raise NoSuch(f"Nothing of artifact {artifact_id} is in force.")
    earlier = await _approved_before(ctx, artifact, in_force)
    number = int(str(earlier["version_number"]))
    target = await require_version(ctx.directives, artifact, number)
    await require_same_layout(ctx, artifact, target["id"])
    draft = await earlier_draft(ctx, artifact, target, "rollback", cause)
    version_id = await keep_draft(ctx, artifact, draft)
    wanted = Deployment(
        approval_id=int(str(earlier["approval_id"])),
        kind="rollback",
        reason=cause,
        auto_rollbacks=int(str(in_force["auto_rollbacks"])) + (actor != "user"),
    )
    if artifact["kind"] == "implementation":
        kept = draft.metadata.get(PLAN)
        plan = Plan.model_validate(kept) if kept else None
        done = await put_release_in_force(ctx, version_id, wanted, plan)
    else:
        done = await put_in_force(ctx, version_id, wanted)
    return _rolled_back(artifact, in_force, number, done)


def _rolled_back(
    artifact: Row, in_force: Row, number: int, done: Deployed | LoadFailed
) -> RolledBack:
    if isinstance(done, LoadFailed):
        raise Conflict(
            f"Version {number} of {artifact['name']} does not load any more: {done.reason}. What "
            "is in force stays."
        )
    return RolledBack(
        version_number=done.version_number,
        from_version=int(str(in_force["version_number"])),
        restored_version=number,
        backup=done.backup,
    )


async def _approved_before(ctx: Ctx, artifact: Row, in_force: Row) -> Row:
    """Return the newest deployment before the present one whose release a person approved."""
    kind, subject = "artifact", str(artifact["id"])
    if artifact["kind"] == "implementation":
        kind, subject = "directive", str(artifact["directive_id"])
    rows = await ctx.directives.all("earlier_deployments", artifact_id=artifact["id"])
    for row in rows:
        if row["release_sha256"] == in_force["release_sha256"]:
            continue
        yes = await genuine_yes(ctx, kind, subject, str(row["release_sha256"]))
        if yes is not None:
            return {**row, "approval_id": yes}
    raise ApprovalRequired(
        f"{artifact['name']} has no earlier release that a person approved. Propose code with "
        "safe_deploy."
    )


def _require_usable(artifact: Row, target: Row) -> None:
    if target["state"] in ("rejected", "load_failed"):
        raise InvalidTransition(
            f"Version {target['version_number']} of {artifact['name']} is {target['state']} and "
            "can never run; see get_version_history for another."
        )


async def earlier_draft(
    ctx: Ctx, artifact: Row, target: Row, why: VersionReason, note: str | None
) -> Draft:
    """Return the bytes of an earlier version as a version to be, with the release it was in."""
    files = await files_of_version(ctx, target["id"])
    metadata: JsonMap = json.loads(str(target["metadata_json"]))
    metadata |= {"restores": int(str(target["version_number"]))}
    if artifact["kind"] == "implementation":
        plan = await _plan_of(ctx, artifact, target)
        metadata |= {PLAN: plan.model_dump(mode="json")}
    return Draft(
        files={file.path: file.data for file in files},
        permissions=permissions_in(target),
        reason=why,
        note=note,
        roles={file.path: file.role for file in files},
        metadata=metadata,
        code_hash=str(target["code_hash"]),
    )


async def _plan_of(ctx: Ctx, artifact: Row, target: Row) -> Plan:
    """Return the release that the code of a version was in force with, else the present text."""
    directive = await require_open_directive(ctx.directives, int(str(artifact["directive_id"])))
    made = await ctx.directives.one("implementation_of_version", version_id=target["id"])
    if made is None:
        raise InvalidTransition(
            f"Version {target['version_number']} of {artifact['name']} never was its code; "
            "nothing is rolled back to a proposal. Propose it again with safe_deploy."
        )
    last = await ctx.directives.one("last_deployment_of_version", version_id=target["id"])
    number = directive["version"]
    if last is not None and last["canonical_sha256"] not in (None, directive["canonical_sha256"]):
        number = last["directive_version"]
    return Plan.model_validate(
        {
            "made_at": directive["version"],
            "directive_version": number,
            **{key: made[key] for key in ("implementation_file", "entry_point", "test_file")},
            "generator": made["generator"],
            "tests": json.loads(str(made["test_results_json"])),
        }
    )
