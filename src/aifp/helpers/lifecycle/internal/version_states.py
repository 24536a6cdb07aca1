"""A draft that has shown all it must becomes tested."""

from aifp.helpers.lifecycle.internal.artifact_rows import require_version_row, subject_of_part
from aifp.helpers.lifecycle.internal.evidence import evidence_for
from aifp.helpers.lifecycle.internal.tool_events import event_facts
from aifp.helpers.shared.events import Change, record_event
from aifp.schemas.ports import Ctx
from aifp.schemas.testing import Evidence


async def mark_tested(ctx: Ctx, version_id: int) -> Evidence:
    """Return what tests say of a version, and note it when nothing is missing any more."""
    evidence = await evidence_for(ctx, version_id)
    if evidence.missing or not evidence.passed:
        return evidence
    version = await require_version_row(ctx.directives, version_id)
    subject = subject_of_part(version)
    change = Change(
        event_type="changed",
        from_status="draft",
        to_status="tested",
        reason="tests_passed",
        metadata={
            **await event_facts(ctx.directives, {**version, "id": version["artifact_id"]}),
            "code_hash": str(version["code_hash"]),
            "version_number": int(str(version["version_number"])),
            "passed": [*evidence.passed],
        },
    )
    async with ctx.directives.write() as db:
        if await db.run("mark_version_tested", id=version_id):
            await record_event(db, ctx.clock.now(), subject, ctx.actor, change)
    return evidence
