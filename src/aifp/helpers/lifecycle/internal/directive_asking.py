"""Ask a person about a release of a directive that waits beside the one in force."""

import json

from aifp.helpers.lifecycle.internal.deciding import put_to_person
from aifp.helpers.lifecycle.internal.deploying import Deployment, outcome_of
from aifp.helpers.lifecycle.internal.directive_deploying import put_release_in_force
from aifp.helpers.lifecycle.internal.directive_releases import (
    Candidate,
    candidate_of,
    release_in_waiting,
)
from aifp.helpers.lifecycle.internal.evidence import evidence_lines
from aifp.helpers.lifecycle.internal.proving import unproven
from aifp.helpers.lifecycle.internal.tool_text import BREAKS
from aifp.helpers.user_directives.internal.approval_text import approval_text, quoted, visible
from aifp.helpers.user_directives.internal.approvals import approval_of, file_request, request_for
from aifp.helpers.user_directives.internal.approving import ask_approval
from aifp.schemas.approvals import Approved, PendingDecision
from aifp.schemas.deploying import DeployAnswer, Proposed
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Release


async def ask_about_directive(
    ctx: Ctx, directive_id: int, reason: str | None = None
) -> Approved | PendingDecision:
    """Ask about what is proposed for a directive, else about the release that is there."""
    request = await ctx.directives.one(
        "open_request", kind="directive", subject_id=str(directive_id)
    )
    waiting = request and await ctx.directives.one(
        "release_in_waiting", directive_id=directive_id, sha256=request["release_sha256"]
    )
    if request is None or waiting is None:
        return await ask_approval(ctx, directive_id, reason)
    return await put_to_person(ctx, request)


async def ask_release(ctx: Ctx, version_id: int, reason: str | None = None) -> DeployAnswer:
    """Ask the person about a release in waiting; once approved it is in force."""
    candidate = await candidate_of(ctx, version_id)
    release = await release_in_waiting(ctx, candidate)
    known = await approval_of(ctx, candidate.directive_id, release.release_sha256)
    if known is not None:
        return await put_release_in_force(ctx, version_id, Deployment(known, reason=reason))
    if (lacks := await unproven(ctx, version_id)) is not None:
        return lacks
    text = await _text(ctx, candidate, release) + quoted(reason)
    async with ctx.directives.write() as db:
        await db.run("set_version_release", id=version_id, sha256=release.release_sha256)
    answer = await put_to_person(ctx, await file_request(ctx, request_for(ctx, release, text)))
    if isinstance(answer, PendingDecision):
        return Proposed(
            version_number=int(str(candidate.version["version_number"])),
            approval_id=answer.approval_id,
            command=answer.command,
        )
    return await outcome_of(ctx, version_id)


async def _text(ctx: Ctx, candidate: Candidate, release: Release) -> str:
    plan = candidate.plan
    results = json.dumps([test.wire() for test in plan.tests])
    row: Row = {
        "test_results_json": results,
        "test_source": "engine",
        "test_status": "passing" if plan.tests else "pending",
    }
    lines = "\n".join(await evidence_lines(ctx, int(str(candidate.version["id"]))))
    breaking = BREAKS if candidate.version["breaking"] else "no"
    body = await approval_text(ctx, release, row)
    return visible(f"{body}\nBreaking:\n{breaking}\n\nEvidence:\n{lines}\n")
