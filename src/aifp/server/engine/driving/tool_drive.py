"""Drive one run of a tool to its end, over every wait, from its own record."""

import asyncio
from dataclasses import replace
from datetime import datetime

from aifp.helpers.shared.zones import project_zone
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.releases import Release
from aifp.schemas.sandbox import Job
from aifp.server.engine.driving.budget import WorkTimeOver
from aifp.server.engine.driving.closing import OpenRun, close_run, elapsed_ms, keep_output
from aifp.server.engine.driving.door import Parked, RunDoor, Stopped
from aifp.server.engine.driving.effects import LiveEffects
from aifp.server.engine.driving.endings import Ending, ending_of, interrupted, timed_out
from aifp.server.engine.driving.journal import Fenced, Journal, Start
from aifp.server.engine.driving.notices import alert_interrupted
from aifp.server.engine.driving.preparation import (
    Kit,
    frozen_input,
    job_for,
    load_grants,
    load_history,
    load_tools,
)
from aifp.server.engine.driving.rows import RunRow
from aifp.server.engine.driving.settling import clean
from aifp.server.engine.driving.trace import Diverged, Trace
from aifp.server.engine.host.faults import Unrepeatable
from aifp.server.engine.host.tools import Tools


class ToolDrive:
    """The caller waits for this run, so its waits are waited for here."""

    def __init__(self, kit: Kit, run_id: int, release: Release, chain: tuple[str, ...]) -> None:
        self._kit, self._run_id, self._release = kit, run_id, release
        self._chain = chain
        self._door: RunDoor | None = None
        self._stopped_by: Ending | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def stop(self, ending: Ending) -> asyncio.Event:
        """Let the run begin nothing new; the event tells when nothing is under way."""
        self._stopped_by = ending
        if self._door is None:
            return self._idle
        self._door.stop()
        return self._door.quiet

    async def to_the_end(self) -> Ending:
        """Drive the run until it has ended, and return how."""
        while True:
            result = await self._once()
            if isinstance(result, Ending):
                return result
            await self._wait_until(result)

    async def _wait_until(self, until: datetime) -> None:
        clock = self._kit.ctx.clock
        while (left := (until - clock.now()).total_seconds()) > 0:
            await clock.wait(asyncio.Event(), left)

    async def _once(self) -> Ending | datetime:
        kit, release = self._kit, self._release
        ctx = kit.ctx
        run, epoch, started_at = await self._claimed()
        grants, history = await load_grants(ctx, release), await load_history(ctx, run.id)
        frozen, memory = await frozen_input(ctx, run, release.owner)
        run = run.model_copy(update={"input": frozen})
        await kit.logs.load()
        tools = await load_tools(kit, run, release, grants)
        tools = replace(tools, facts=replace(tools.facts, chain=self._chain))
        journal = Journal(ctx, run.id, epoch, history.attempt)
        if not history.resumes:
            place = await tools.log.tell("running", attempt=history.attempt)
            start = Start(run.input, place, memory)
            await journal.begin_attempt(history.attempt, ctx.sandbox.profile(), start)
        begun = from_text(started_at)
        job = await job_for(ctx, run, release, history, begun, tools.budget.left_ms())
        job = job.model_copy(update={"inner": run.trigger_source == "tool"})
        trace = Trace(run.idempotency_key, history.attempt, history.steps, history.tries)
        tools = replace(tools, names=job.inputs)
        door = RunDoor(journal, trace, LiveEffects(grants, tools), tools, kit.failpoints)
        self._door = door
        if self._stopped_by is not None:
            door.stop()
        result = await self._play(job, tools, door)
        if isinstance(result, datetime):
            async with journal.transaction() as w:
                await journal.parked(w, result, tools.budget.used_ms())
            return result
        open_run = OpenRun(
            run.id, epoch, run.mode, None, started_at, working_ms=tools.budget.used_ms()
        )
        return await self._close(open_run, journal, clean(result, tools.redactor), tools)

    async def _claimed(self) -> tuple[RunRow, int, str]:
        ctx, release = self._kit.ctx, self._release
        row = await ctx.directives.one("run_to_drive", id=self._run_id)
        run = RunRow.of(row or {})
        async with ctx.directives.write() as w:
            taken = await w.one(
                "claim_run",
                id=run.id,
                epoch=run.epoch,
                now=to_text(ctx.clock.now()),
                owner=self._kit.owner,
                directive_version=None,
                artifact_version_id=release.artifact_version_id,
                approval_id=release.approval_id,
                release_sha256=release.release_sha256,
            )
        if taken is None:
            raise Fenced
        return run, int(taken["epoch"] or 0), str(taken["started_at"])

    async def _play(self, job: Job, tools: Tools, door: RunDoor) -> Ending | datetime:
        try:
            async with tools.budget.limited():
                outcome = await self._kit.ctx.sandbox.run(job, door)
        except WorkTimeOver:
            return timed_out()
        except Parked as parked:
            return parked.until
        except (Diverged, Unrepeatable) as difference:
            return interrupted(str(difference))
        except Stopped:
            return self._stopped_by or interrupted("stopped")
        if outcome.stdout:
            await tools.log.say("print", outcome.stdout)
        return replace(ending_of(outcome), retried=False)

    async def _close(self, run: OpenRun, journal: Journal, ending: Ending, tools: Tools) -> Ending:
        ctx = self._kit.ctx
        zone, output = await project_zone(ctx.project), await keep_output(ctx.files, ending.result)
        now = ctx.clock.now()
        async with journal.transaction() as w:
            if ending.status == "success" and run.mode == "live":
                await tools.memory.apply(w, now)
            await journal.ended_attempt(w, ending)
            await close_run(w, run, ending, output, now, zone)
            if ending.status == "interrupted":
                why = ending.reason or ""
                await alert_interrupted(ctx, w, tools.facts.owner, run.id, why)
        duration = elapsed_ms(run.started_at, now)
        told = {"reason": ending.reason, "error": ending.error}
        await tools.log.tell(ending.status, duration_ms=duration, **told)
        if ending.status != "success":
            await tools.log.failure(ending.error_type, ending.error, ending.traceback)
        return ending
