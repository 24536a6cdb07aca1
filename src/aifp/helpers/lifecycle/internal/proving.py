"""No person is asked about a proposal before it has shown what its class of code must."""

from aifp.helpers.lifecycle.internal.evidence import evidence_for, version_to_test
from aifp.helpers.lifecycle.internal.testing import needed_strategies, run_strategy
from aifp.helpers.lifecycle.internal.version_states import mark_tested
from aifp.schemas.deploying import Unproven
from aifp.schemas.ports import Ctx


async def unproven(ctx: Ctx, version_id: int) -> Unproven | None:
    """Test a version as its class needs; return what is missing then, None where nothing is."""
    evidence = await evidence_for(ctx, version_id)
    if not evidence.complete:
        version = await version_to_test(ctx, version_id)
        needed = await needed_strategies(ctx, version_id)
        for done, strategy in enumerate(needed):
            if strategy not in evidence.passed:
                await ctx.door.progress(done, len(needed), f"{version['name']}: {strategy}")
                await run_strategy(ctx, version_id, strategy)
    evidence = await mark_tested(ctx, version_id)
    if evidence.complete:
        return None
    version = await version_to_test(ctx, version_id)
    number = int(str(version["version_number"]))
    return Unproven(
        error=(
            f"Version {number} of {version['name']} is {evidence.effect_class} and lacks tests "
            f"that passed: {'; '.join(evidence.missing)}. Mend the code and propose it again, or "
            "ask the person to waive them with request_approval and waive_tests."
        ),
        version_number=number,
        missing=evidence.missing,
    )
