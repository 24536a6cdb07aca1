"""Test a version by the strategies its class needs, each through the engine."""

from aifp.helpers.lifecycle.internal.artifact_rows import require_version_row
from aifp.helpers.lifecycle.internal.class_records import class_of_version
from aifp.helpers.lifecycle.internal.evidence import known_of
from aifp.helpers.lifecycle.internal.needed_tests import needed_tests
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import TrialRequest
from aifp.schemas.testing import TestReport
from aifp.schemas.words import TestStrategy


async def run_strategy(ctx: Ctx, version_id: int, strategy: TestStrategy) -> TestReport:
    """Run one strategy over a version and return what it found; it is kept as well."""
    request = TrialRequest(version_id=version_id, strategy=strategy)
    report = await ctx.engine.run_now(request)
    return TestReport.model_validate(report.result)


async def needed_strategies(ctx: Ctx, version_id: int) -> list[TestStrategy]:
    """Return the strategies that can show what the class of a version needs, in their order."""
    version = await require_version_row(ctx.directives, version_id)
    found = await class_of_version(ctx, version_id)
    known = await known_of(ctx, version)
    return [word for need in needed_tests(found, known) for word in need]
