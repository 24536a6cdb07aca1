"""Settle a conflict: the file as it lies there, the proposal, or both in one."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from aifp.helpers.lifecycle.internal.asking import ask_and_deploy
from aifp.helpers.lifecycle.internal.class_records import class_of_version
from aifp.helpers.lifecycle.internal.deciding import put_to_person
from aifp.helpers.lifecycle.internal.deploying import require_deployable
from aifp.helpers.lifecycle.internal.diffs import compute_diffs
from aifp.helpers.lifecycle.internal.directive_proposals import propose_code
from aifp.helpers.lifecycle.internal.directive_releases import plan_in
from aifp.helpers.lifecycle.internal.drafting import keep_draft
from aifp.helpers.lifecycle.internal.merging import merge
from aifp.helpers.lifecycle.internal.proposals import tool_draft
from aifp.helpers.lifecycle.internal.reconciling import sync_from_filesystem
from aifp.helpers.lifecycle.internal.stored_files import stored_texts, text_of
from aifp.helpers.lifecycle.internal.tool_events import Told, tell_tool
from aifp.helpers.lifecycle.internal.tool_files import on_disk
from aifp.helpers.shared.hashing import sha256_of, sha256_of_bytes
from aifp.helpers.user_directives.internal.approval_text import visible
from aifp.helpers.user_directives.internal.approvals import expiry, file_request, genuine_yes
from aifp.helpers.user_directives.internal.code_generation import GIVEN
from aifp.helpers.user_directives.internal.risks import risk_line
from aifp.schemas.approvals import NewRequest, PendingDecision
from aifp.schemas.deploying import ConflictResolved, DeployAnswer, Proposed
from aifp.schemas.differences import ResolveOption
from aifp.schemas.errors import InvalidTransition
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.subjects import Subject

Texts = dict[str, str]
MAX_DIFF = 20_000


async def choose(ctx: Ctx, version_id: int, option: ResolveOption) -> ConflictResolved:
    """Do what was chosen about a proposal that met another change of the file."""
    version = await require_deployable(ctx.directives, version_id)
    artifact = await ctx.directives.one("artifact_by_id", id=version["artifact_id"])
    if artifact is None or version["state"] == "approved":
        raise InvalidTransition(
            f"Version {version['version_number']} of {version['name']} is decided already; there "
            "is nothing to settle."
        )
    sides = await _sides(ctx, version)
    if sides.disk == sides.proposal:
        await sync_from_filesystem(ctx)
        return ConflictResolved(success=True, action="no_op", diff="")
    match option:
        case "abort_and_refresh":
            return await _abort(ctx, artifact, version, sides)
        case "overwrite_anyway":
            return await _overwrite(ctx, artifact, version, sides)
        case "manual_merge":
            return await _merge(ctx, artifact, version, sides)


@dataclass(frozen=True, slots=True)
class Sides:
    """What was known of the files, what lies there, and what was proposed; by path."""

    baseline: Texts
    disk: Texts
    proposal: Texts


async def _sides(ctx: Ctx, version: Row) -> Sides:
    proposal = await stored_texts(ctx, version["id"], tests=True)
    known = await stored_texts(ctx, version["parent_id"], tests=True)
    present = await on_disk(ctx, list(proposal))
    return Sides(
        baseline={path: known.get(path, "") for path in proposal},
        disk={path: text_of(data) for path, data in present.items()},
        proposal=proposal,
    )


async def _abort(ctx: Ctx, artifact: Row, version: Row, sides: Sides) -> ConflictResolved:
    """Drop the proposal and take in what lies there."""
    await _close(ctx, artifact, version, "given up for what lies in the file")
    await sync_from_filesystem(ctx)
    diff = compute_diffs(sides.baseline, sides.disk, "known", "on disk").diff
    return ConflictResolved(success=True, action="aborted", diff=diff)


async def _overwrite(ctx: Ctx, artifact: Row, version: Row, sides: Sides) -> ConflictResolved:
    """Replace what lies there, once a person says so; its bytes stay as a version."""
    diff = compute_diffs(sides.disk, sides.proposal, "on disk", "proposal").diff
    waiting = await _overwrite_yes(ctx, artifact, version, sides, diff)
    if waiting is not None:
        return ConflictResolved(
            success=False,
            action="overwritten",
            diff=diff,
            pending_approval=True,
            approval_id=waiting.approval_id,
            command=waiting.command,
        )
    await sync_from_filesystem(ctx)
    outcome = await ask_and_deploy(ctx, int(str(version["id"])))
    return _settled("overwritten", diff, outcome)


async def _overwrite_yes(
    ctx: Ctx, artifact: Row, version: Row, sides: Sides, diff: str
) -> PendingDecision | None:
    """Ask the person about exactly these bytes in exactly this place; None is a yes."""
    name, number = str(artifact["name"]), version["version_number"]
    there = {path: sha256_of_bytes(text.encode()) for path, text in sides.disk.items()}
    sha256 = sha256_of({"version": str(version["code_hash"]), "on_disk": {**there}})
    subject = Subject(kind="overwrite", id=str(artifact["id"]), name=name)
    if await genuine_yes(ctx, "overwrite", subject.id, sha256) is not None:
        return None
    text = (
        f"Overwrite what was changed in {', '.join(sides.disk)}?\n\nVersion {number} of {name} is "
        "to take its place. What lies there now is kept as a version and can be brought back.\n\n"
        f"Risk: {risk_line(await class_of_version(ctx, int(str(version['id']))))}\n\n"
        f"{visible(diff)[:MAX_DIFF]}\n"
    )
    request = NewRequest(subject=subject, release_sha256=sha256, text=text, expires_at=expiry(ctx))
    answer = await put_to_person(ctx, await file_request(ctx, request))
    return answer if isinstance(answer, PendingDecision) else None


async def _merge(ctx: Ctx, artifact: Row, version: Row, sides: Sides) -> ConflictResolved:
    """Bring both changes into one proposal; where they overlap nothing is applied."""
    merged = {
        path: merge(sides.baseline[path], sides.disk[path], text)
        for path, text in sides.proposal.items()
    }
    diff = compute_diffs(sides.disk, {p: m.text for p, m in merged.items()}, "on disk", "merged")
    overlaps = [overlap for found in merged.values() for overlap in found.overlaps]
    if overlaps:
        return ConflictResolved(
            success=False, action="overlapping", diff=diff.diff, overlaps=overlaps
        )
    await sync_from_filesystem(ctx)
    outcome = await _propose(ctx, artifact, version, {p: m.text for p, m in merged.items()})
    return _settled("merged", diff.diff, outcome)


async def _propose(ctx: Ctx, artifact: Row, version: Row, merged: Texts) -> DeployAnswer:
    """Propose merged code in the place of the proposal that met a conflict."""
    artifact = await ctx.directives.one("artifact_by_id", id=artifact["id"]) or artifact
    note = f"version {version['version_number']} merged with what was changed in the file"
    if artifact["kind"] == "implementation":
        answer = await propose_code(ctx, artifact, _given_part(version, merged), note, None)
    else:
        draft = await tool_draft(ctx, artifact, merged[str(artifact["path"])], note)
        answer = await ask_and_deploy(ctx, await keep_draft(ctx, artifact, draft), note)
    await _close(ctx, artifact, version, "merged into a newer version")
    return answer


def _given_part(version: Row, merged: Texts) -> str:
    """Return the text that an assistant gives as the code of a directive."""
    plan = plan_in(version)
    if plan is None:
        raise InvalidTransition(f"Version {version['version_number']} is no proposal.")
    module = PurePosixPath(plan.implementation_file)
    own = str(module.with_name(f"{module.stem}_code.py"))
    return merged[plan.implementation_file if plan.generator == GIVEN else own]


async def _close(ctx: Ctx, artifact: Row, version: Row, reason: str) -> None:
    told = Told(
        reason=reason,
        metadata={"version_number": int(str(version["version_number"])), "state": "rejected"},
    )
    async with ctx.directives.write() as db:
        await db.run("set_version_state", id=version["id"], state="rejected")
        await tell_tool(db, ctx.clock.now(), artifact, ctx.actor, "changed", told)


def _settled(
    action: Literal["overwritten", "merged"], diff: str, outcome: DeployAnswer
) -> ConflictResolved:
    waiting = outcome if isinstance(outcome, Proposed) else None
    return ConflictResolved(
        success=outcome.success,
        action=action,
        diff=diff,
        outcome=outcome,
        pending_approval=waiting is not None,
        approval_id=waiting.approval_id if waiting else None,
        command=waiting.command if waiting else None,
    )
