"""Play a run without sending anything that writes, and list what it would have done."""

from dataclasses import replace
from datetime import datetime

from aifp.helpers.shared.zones import project_zone
from aifp.schemas.releases import Release
from aifp.schemas.runs import RunReport
from aifp.server.engine.driving.budget import WorkTimeOver
from aifp.server.engine.driving.closing import OpenRun, close_run, end_open_run, keep_output
from aifp.server.engine.driving.door import Parked, RunDoor
from aifp.server.engine.driving.effects import DryEffects, LiveEffects
from aifp.server.engine.driving.endings import Ending, ending_of, interrupted, timed_out
from aifp.server.engine.driving.failpoints import Failpoints
from aifp.server.engine.driving.inputs import job_of, names_of, run_data
from aifp.server.engine.driving.journal import Claim, Journal, Start, claim
from aifp.server.engine.driving.memory import stored_memory
from aifp.server.engine.driving.preparation import Kit, load_grants, load_tools
from aifp.server.engine.driving.rows import RunRow
from aifp.server.engine.driving.settling import clean
from aifp.server.engine.driving.trace import Diverged, Trace
from aifp.server.engine.host.faults import Unrepeatable
from aifp.server.engine.host.tools import Tools


class DryRun:
    """One release played on paper; `reads` only where a person has approved it."""

    def __init__(self, kit: Kit, release: Release, *, reads: bool) -> None:
        self._kit, self._release, self._reads = kit, release, reads

    async def play(self, run_id: int, at: datetime | None) -> RunReport:
        """Play an opened run to its end and report everything it would have done."""
        whole = False
        try:
            report = await self._play(run_id, at)
            whole = True
            return report
        finally:
            if not whole:
                cut_off = interrupted("the dry run was cut off")
                await end_open_run(self._kit.ctx, run_id, cut_off)

    async def _play(self, run_id: int, at: datetime | None) -> RunReport:
        ctx = self._kit.ctx
        row = await ctx.directives.one("run_to_drive", id=run_id)
        run = RunRow.of(row or {})
        taken = await claim(ctx, run, self._release, self._kit.owner, count=False)
        grants = await load_grants(ctx, self._release)
        tools = await load_tools(self._kit, run, self._release, grants)
        effects = DryEffects(
            LiveEffects(grants, tools), tools, at or ctx.clock.now(), reads=self._reads
        )
        journal = Journal(ctx, run.id, taken.epoch)
        await journal.begin_attempt(
            1, ctx.sandbox.profile(self._release.packages), Start(run.input)
        )
        door = RunDoor(journal, Trace(run.idempotency_key, 1, [], []), effects, tools, Failpoints())
        ending = clean(await self._run(run, effects, tools, door), tools.redactor)
        await self._close(run, taken, journal, ending, tools)
        return RunReport(
            success=ending.status == "success",
            run_id=run.id,
            status=ending.status,
            reason=ending.reason,
            result=ending.result,
            error=ending.error,
            calls=effects.calls,
            log=tools.log.messages,
        )

    async def _run(self, run: RunRow, effects: DryEffects, tools: Tools, door: RunDoor) -> Ending:
        ctx, release, start = self._kit.ctx, self._release, effects.now()
        memory = await stored_memory(ctx.directives, release.owner)
        data = run_data(run, release, start, 1, None)
        inputs = names_of(run, release, data, memory)
        folders = await ctx.machine.place(release.packages)
        left_ms = tools.budget.left_ms()
        job = job_of(release, inputs, start, run.random_seed, left_ms, folders)
        try:
            async with tools.budget.limited():
                outcome = await ctx.sandbox.run(job, door)
        except WorkTimeOver:
            return timed_out()
        except (Parked, Diverged, Unrepeatable) as odd:
            return interrupted(str(odd))
        return replace(ending_of(outcome), retried=False)

    async def _close(
        self, run: RunRow, taken: Claim, journal: Journal, ending: Ending, tools: Tools
    ) -> None:
        ctx = self._kit.ctx
        zone, output = await project_zone(ctx.project), await keep_output(ctx.files, ending.result)
        closing = OpenRun(
            id=run.id,
            epoch=taken.epoch,
            mode=run.mode,
            directive_id=run.directive_id,
            started_at=taken.started_at,
            working_ms=tools.budget.used_ms(),
        )
        async with journal.transaction() as w:
            await journal.ended_attempt(w, ending)
            await close_run(w, closing, ending, output, ctx.clock.now(), zone)
