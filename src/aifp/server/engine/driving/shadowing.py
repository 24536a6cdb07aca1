"""Shadow: beside each live run a version works on the same input; what it would send is caught."""

import logging
from collections.abc import Sequence
from datetime import datetime

from aifp.helpers.lifecycle.internal.class_records import class_of_version
from aifp.helpers.lifecycle.internal.stored_reports import (
    go_on_with_report,
    keep_report,
    record_trial,
    report_of,
)
from aifp.helpers.lifecycle.internal.test_reports import added, judged_shadow, summed
from aifp.helpers.lifecycle.internal.version_states import mark_tested
from aifp.helpers.user_directives.internal.classification import Observed
from aifp.schemas.errors import AifpError, InvalidTransition
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.sandbox import HostCall
from aifp.schemas.testing import CaseResult, TestReport
from aifp.server.engine.driving.replaying import past_run, play_again
from aifp.server.engine.driving.tested import ReleaseOf, Tested, load_tested

logger = logging.getLogger(__name__)

# Runs shadowed for one version in one turn; live runs wait for the sandbox too.
MOST = 5


async def begin_shadow(ctx: Ctx, tested: Tested) -> TestReport:
    """Begin to watch, or tell how the watching goes."""
    if tested.baseline is None or tested.baseline["id"] == tested.version["id"]:
        raise InvalidTransition(
            f"Version {tested.numbers[0]} of {tested.version['name']} has no other version in "
            "force whose runs it could go along with."
        )
    for row in await ctx.directives.all("open_shadow_tests"):
        if row["version_id"] == tested.version["id"]:
            return report_of(row)
    now = ctx.clock.now()
    report = summed("shadow", tested.numbers, []).model_copy(update={"started_at": to_text(now)})
    judged, _ = judged_shadow(report, now, now)
    return await keep_report(ctx, tested.version, tested.baseline["id"], judged)


class Shadows:
    """Goes along with live runs for every version that is being shadowed."""

    def __init__(self, ctx: Ctx, release_of: ReleaseOf) -> None:
        self._ctx, self._release_of = ctx, release_of
        self._more = False

    async def open(self) -> None:
        """What is open stands in the record."""

    async def reload(self) -> None:
        """No plan matters here."""

    def next(self) -> datetime | None:
        """Go on at once while runs wait, else with the next that ends."""
        return self._ctx.clock.now() if self._more else None

    async def turn(self, now: datetime) -> None:
        """Shadow the live runs that have ended since."""
        self._more = False
        for row in await self._ctx.directives.all("open_shadow_tests"):
            try:
                await self._go_along(row, now)
            except AifpError as refusal:
                logger.warning("shadow test %s cannot go on: %s", row["id"], refusal)

    async def _go_along(self, row: Row, now: datetime) -> None:
        tested = await load_tested(self._ctx, int(str(row["version_id"])), self._release_of)
        report = report_of(row)
        if tested.baseline is None or tested.baseline["id"] != row["baseline_version_id"]:
            await self._give_up(report, now)
            return
        runs = await self._runs(tested, report)
        self._more = self._more or len(runs) == MOST
        for run in runs:
            report = await self._shadow(tested, report, run)
        _, over = judged_shadow(report, from_text(str(report.started_at)), now)
        if over:
            await self._end(report, now)
        if runs or over:
            await mark_tested(self._ctx, int(str(row["version_id"])))

    async def _runs(self, tested: Tested, report: TestReport) -> Sequence[Row]:
        return await self._ctx.directives.all(
            "runs_to_shadow",
            artifact_id=tested.version["artifact_id"],
            code_hash=(tested.baseline or tested.version)["code_hash"],
            since=report.started_at,
            test_run_id=report.test_run_id,
            limit=MOST,
        )

    async def _shadow(self, tested: Tested, report: TestReport, row: Row) -> TestReport:
        """Go along with one run, and keep what came of it, once."""
        ctx = self._ctx
        key = f"shadow:{report.test_run_id}:{row['id']}"
        past = await past_run(ctx, row, tested.code.release)
        if past is None:
            # Noted all the same, or it would be looked at for ever.
            async with ctx.directives.write() as db:
                at = _at(report, ctx.clock.now())
                await record_trial(db, tested.version, at, key, _not_kept(row))
            return report
        played = await play_again(ctx, tested, past, captures=True)
        await self._judge_calls(tested, played.calls)
        begun = from_text(str(report.started_at))
        report, _ = judged_shadow(added(report, played.case), begun, ctx.clock.now())
        async with ctx.directives.write() as db:
            await go_on_with_report(ctx, db, report)
            await record_trial(db, tested.version, _at(report, ctx.clock.now()), key, played.case)
        return report

    async def _judge_calls(self, tested: Tested, calls: Sequence[HostCall]) -> None:
        seen = [Observed(call.function, call.arguments) for call in calls]
        await class_of_version(self._ctx, int(str(tested.version["id"])), seen)

    async def _give_up(self, report: TestReport, now: datetime) -> None:
        """End a test whose version in force is another one by now."""
        told = f"{report.verdict}; another version is in force by now"
        await self._end(report.model_copy(update={"verdict": told}), now)

    async def _end(self, report: TestReport, now: datetime) -> None:
        ended = report.model_copy(update={"completed_at": to_text(now)})
        async with self._ctx.directives.write() as db:
            await go_on_with_report(self._ctx, db, ended)


def _not_kept(row: Row) -> CaseResult:
    told = ["the details of this run are not kept"]
    run_id = int(str(row["id"]))
    return CaseResult(case=f"run {run_id}", verdict="other", passed=False, told=told, run_id=run_id)


def _at(report: TestReport, now: datetime) -> TestReport:
    """Return the report as the record of one shadowed run dates it."""
    return report.model_copy(update={"started_at": to_text(now), "completed_at": to_text(now)})
