"""A draft that has shown all it must becomes tested."""

from aifp.helpers.lifecycle.internal.artifact_rows import require_version_row
from aifp.helpers.lifecycle.internal.evidence import evidence_for
from aifp.helpers.lifecycle.internal.tool_events import Told, tell_tool
from aifp.schemas.ports import Ctx
from aifp.schemas.testing import Evidence


async def mark_tested(ctx: Ctx, version_id: int) -> Evidence:
    """Return what tests say of a version, and note it when nothing is missing any more."""
    evidence = await evidence_for(ctx, version_id)
    if evidence.missing or not evidence.passed:
        return evidence
    version = await require_version_row(ctx.directives, version_id)
    artifact = {**version, "id": version["artifact_id"]}
    told = Told(
        reason="tests_passed",
        metadata={
            "code_hash": str(version["code_hash"]),
            "version_number": int(str(version["version_number"])),
            "state": "tested",
            "passed": [*evidence.passed],
        },
    )
    async with ctx.directives.write() as db:
        if await db.run("mark_version_tested", id=version_id):
            await tell_tool(db, ctx.clock.now(), artifact, ctx.actor, "changed", told)
    return evidence
