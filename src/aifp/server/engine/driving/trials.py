"""Test a version with one strategy, and keep what it found."""

from collections.abc import Sequence

from aifp.helpers.lifecycle.internal.class_records import class_of_version
from aifp.helpers.lifecycle.internal.stored_reports import keep_report
from aifp.helpers.lifecycle.internal.test_reports import summed
from aifp.helpers.user_directives.internal.classification import Observed
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import RunReport, TrialRequest
from aifp.schemas.sandbox import HostCall
from aifp.schemas.testing import TestReport
from aifp.schemas.words import TestStrategy
from aifp.server.engine.driving.replaying import replay
from aifp.server.engine.driving.shadowing import begin_shadow
from aifp.server.engine.driving.synthetic import Synthetic
from aifp.server.engine.driving.tested import ReleaseOf, Tested, load_tested

BY_HAND = "the person who decides reads the difference and these results"


class Trials:
    """Runs the strategies of tests; nothing of it reaches the outside."""

    def __init__(self, ctx: Ctx, release_of: ReleaseOf) -> None:
        self._ctx, self._release_of = ctx, release_of

    async def run(self, request: TrialRequest) -> RunReport:
        """Test a version and report how it did; the report is the result."""
        ctx = self._ctx
        tested = await load_tested(ctx, request.version_id, self._release_of)
        if request.strategy == "shadow":
            return _reported(await begin_shadow(ctx, tested))
        begun = to_text(ctx.clock.now())
        report, calls = await self._tried(tested, request.strategy)
        seen = [Observed(call.function, call.arguments) for call in calls]
        await class_of_version(ctx, request.version_id, seen)
        times = {"started_at": begun, "completed_at": to_text(ctx.clock.now())}
        baseline_id = None if tested.baseline is None else tested.baseline["id"]
        done = report.model_copy(update=times)
        return _reported(await keep_report(ctx, tested.version, baseline_id, done))

    async def _tried(
        self, tested: Tested, strategy: TestStrategy
    ) -> tuple[TestReport, Sequence[HostCall]]:
        match strategy:
            case "replay":
                return await replay(self._ctx, tested)
            case "synthetic":
                synthetic = Synthetic(self._ctx, tested)
                return await synthetic.run(), synthetic.calls
            case "manual" | "shadow":
                report = summed("manual", tested.numbers, [])
                return report.model_copy(update={"verdict": BY_HAND}), []


def _reported(report: TestReport) -> RunReport:
    return RunReport(success=True, run_id=None, status="success", result=report.wire())
