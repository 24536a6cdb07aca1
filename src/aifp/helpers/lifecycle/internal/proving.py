"""Before a person is asked about new code: the tests that its class needs, or what is missing."""

from aifp.helpers.lifecycle.internal.artifact_rows import require_version_row
from aifp.helpers.lifecycle.internal.evidence import (
    evidence_for,
    request_waiver,
)
from aifp.helpers.lifecycle.internal.stored_reports import newest_reports
from aifp.helpers.lifecycle.internal.testing import needed_strategies, run_strategy
from aifp.helpers.lifecycle.internal.version_states import mark_tested
from aifp.helpers.user_directives.internal.approving import command_of
from aifp.schemas.deploying import Unproven
from aifp.schemas.ports import Ctx
from aifp.schemas.testing import Evidence


async def unproven(ctx: Ctx, version_id: int) -> Unproven | None:
    """Test a version as its class needs; return what is missing, None when it may ask."""
    evidence = await evidence_for(ctx, version_id)
    if not evidence.complete:
        evidence = await _tested(ctx, version_id)
    if evidence.complete:
        return None
    version = await require_version_row(ctx.directives, version_id)
    request = await request_waiver(ctx, version_id)
    name, number, command = version["name"], version["version_number"], command_of(request)
    return Unproven(
        error=(
            f"Version {number} of {name} is {evidence.effect_class}, and this is missing before a "
            f"person can be asked: {'; '.join(evidence.missing)}. Show it with test_version, or "
            f"let the person waive it: {command}"
        ),
        version_number=int(str(number)),
        missing=evidence.missing,
        approval_id=int(str(request["id"])),
        command=command,
    )


async def _tested(ctx: Ctx, version_id: int) -> Evidence:
    """Run the strategies that a version needs and that have not ended yet."""
    version = await require_version_row(ctx.directives, version_id)
    reports = await newest_reports(ctx.directives, version)
    ended = {word for word, report in reports.items() if report.passed is not None}
    wanted = await needed_strategies(ctx, version_id)
    for done, strategy in enumerate(wanted):
        if strategy not in ended:
            await ctx.door.progress(done, len(wanted), f"{version['name']}: {strategy}")
            await run_strategy(ctx, version_id, strategy)
    return await mark_tested(ctx, version_id)
