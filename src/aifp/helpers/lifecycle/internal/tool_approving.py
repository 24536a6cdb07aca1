"""Ask a person about one version of a tool, and write what the person said."""

from aifp.helpers.lifecycle.internal.artifact_rows import require_version_row
from aifp.helpers.lifecycle.internal.decided import authorization_of
from aifp.helpers.lifecycle.internal.evidence import evidence_for
from aifp.helpers.lifecycle.internal.tool_releases import ToolCode
from aifp.helpers.lifecycle.internal.tool_text import tool_text
from aifp.helpers.lifecycle.internal.version_releases import (
    code_of_version,
    release_of_code,
    release_of_version,
)
from aifp.helpers.user_directives.internal.approval_text import quoted
from aifp.helpers.user_directives.internal.approvals import (
    decide,
    file_request,
    genuine_yes,
    request_for,
)
from aifp.schemas.errors import ApprovalRejected, Conflict, InvalidTransition, NoSuch
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Release
from aifp.schemas.words import Channel, Decision

# Versions that nobody can be asked about any more.
CLOSED = {
    "rejected": "a person declined it",
    "load_failed": "it could not be loaded",
}


async def known_yes(ctx: Ctx, version_id: int) -> int | None:
    """Return the decision by which a person has approved a version before, or None."""
    release = await release_of_version(ctx, version_id)
    return await genuine_yes(ctx, "artifact", release.owner.id, release.release_sha256)


async def request_of_version(ctx: Ctx, version_id: int, reason: str | None = None) -> Row:
    """File the request for a version of a tool, and return it as it is stored."""
    version = await require_version_row(ctx.directives, version_id)
    code = await code_of_version(ctx, version_id)
    release = await release_of_code(ctx, code)
    await _require_askable(ctx, version, release)
    text = await _text(ctx, version, code, release) + quoted(reason)
    async with ctx.directives.write() as db:
        await db.run("set_version_release", id=version_id, sha256=release.release_sha256)
    return await file_request(ctx, request_for(ctx, release, text))


async def decide_tool(
    ctx: Ctx, request: Row, decision: Decision, channel: Channel, reason: str | None
) -> tuple[Row, int]:
    """Write a person's decision about a version, with what it grants; return it and the version."""
    version = await ctx.directives.one(
        "version_of_release",
        artifact_id=int(str(request["subject_id"])),
        sha256=request["release_sha256"],
    )
    if version is None:
        raise NoSuch(f"The version that request {request['id']} is about is gone.")
    version_id, release = int(str(version["id"])), None
    if decision == "approved":
        release = await release_of_version(ctx, version_id)
        if release.release_sha256 != request["release_sha256"]:
            raise Conflict(f"{request['subject_name']} changed since it was shown. Ask again.")
    decided = await decide(ctx, int(str(request["id"])), decision, channel, reason, release)
    async with ctx.directives.write() as db:
        await db.run("decide_version", id=version_id, state=decision)
    return decided, version_id


async def _require_askable(ctx: Ctx, version: Row, release: Release) -> None:
    name, number = version["name"], version["version_number"]
    if (why := CLOSED.get(str(version["state"]))) is not None:
        raise InvalidTransition(
            f"Version {number} of {name} is {version['state']}: {why}. Change the code; that makes "
            "a new version to ask about."
        )
    artifact_id = int(str(version["artifact_id"]))
    if await authorization_of(ctx, artifact_id, release.release_sha256) == "revoked":
        raise ApprovalRejected(
            f"A person took back the approval of exactly this code of {name}, for good. Change "
            "the code; that makes a new version to ask about."
        )


async def _text(ctx: Ctx, version: Row, code: ToolCode, release: Release) -> str:
    evidence = await evidence_for(ctx, code.version_id)
    return await tool_text(ctx, version, code, release, evidence)
