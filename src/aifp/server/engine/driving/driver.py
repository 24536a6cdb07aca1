"""Drive one run: start its exact approved code, answer its calls from the record or by doing."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Release
from aifp.schemas.sandbox import Job
from aifp.schemas.words import RunStatus
from aifp.server.engine.driving.budget import WorkTimeOver
from aifp.server.engine.driving.closing import end_open_run
from aifp.server.engine.driving.crashes import CrashWatch
from aifp.server.engine.driving.door import Parked, RunDoor, Stopped
from aifp.server.engine.driving.effects import LiveEffects
from aifp.server.engine.driving.endings import Ending, ending_of, interrupted, timed_out
from aifp.server.engine.driving.journal import Claim, Fenced, Journal, Start, claim
from aifp.server.engine.driving.notices import CRASHES
from aifp.server.engine.driving.preparation import (
    Kit,
    frozen_input,
    job_for,
    load_grants,
    load_history,
    load_tools,
    start_of,
)
from aifp.server.engine.driving.rows import FINAL, RunRow
from aifp.server.engine.driving.settling import Settling, log_end, poisoned, settle
from aifp.server.engine.driving.trace import Diverged, Trace
from aifp.server.engine.host.faults import Unrepeatable
from aifp.server.engine.host.tools import Tools
from aifp.server.engine.starting.admission import for_notice

Admit = Callable[[Ctx, int], Awaitable[Release | None]]
StoredRelease = Callable[[Ctx, Row], Awaitable[Release]]


@dataclass(frozen=True, slots=True)
class Driven:
    """How a drive left its run; without a status somebody else looks after it."""

    run_id: int
    status: RunStatus | None = None
    wake_at: datetime | None = None

    @property
    def final(self) -> bool:
        """Say whether the run has ended."""
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class Drive:
    """One drive in hand."""

    run: RunRow
    release: Release
    claim: Claim
    journal: Journal
    door: RunDoor
    tools: Tools
    job: Job


class Driver:
    """Drives runs, one call of `drive` each time a run must go on."""

    def __init__(self, kit: Kit, admit: Admit, stored_release: StoredRelease) -> None:
        self._kit, self._admit, self._stored = kit, admit, stored_release
        self._crashes = CrashWatch()
        self._doors: dict[int, RunDoor] = {}

    async def drive(self, run_id: int) -> Driven:
        """Drive a run until it ends, waits, or belongs to somebody else."""
        release = await self._release(run_id)
        row = await self._kit.ctx.directives.one("run_to_drive", id=run_id)
        if row is None:
            return Driven(run_id)
        run = RunRow.of(row)
        if release is None or run.status in FINAL:
            return Driven(run_id, run.status if run.status in FINAL else None)
        try:
            return await self._drive(run, release)
        except (Fenced, Stopped):
            return Driven(run_id)
        finally:
            self._doors.pop(run_id, None)

    def stop(self, run_id: int) -> asyncio.Event | None:
        """Let the run begin nothing new; the event tells when nothing is under way."""
        door = self._doors.get(run_id)
        if door is None:
            return None
        door.stop()
        return door.quiet

    async def end(self, run_id: int, ending: Ending) -> bool:
        """End an open run from outside; its driver, if any, can write nothing from now on."""
        ended = await end_open_run(self._kit.ctx, run_id, ending)
        if ended:
            await log_end(self._kit, run_id, ending)
        return ended

    async def _release(self, run_id: int) -> Release | None:
        """Ask for admission before the first drive; later ones use the release it began with."""
        ctx = self._kit.ctx
        row = await ctx.directives.one("run_to_drive", id=run_id)
        if row is None or str(row["status"]) in FINAL:
            return None
        if row["epoch"] == 0:
            return await self._admit(ctx, run_id)
        release = await self._stored(ctx, row)
        if row["trigger_source"] != "system":
            return release
        return for_notice(release, json.loads(str(row["trigger_json"])))

    async def _drive(self, run: RunRow, release: Release) -> Driven:
        kit, directive_id = self._kit, release.directive_id
        counts = self._crashes.enter(directive_id)
        settled = False
        try:
            taken = await claim(kit.ctx, run, release, kit.owner, count=counts)
            kit.failpoints.reach("after_claim")
            if taken.crashes > CRASHES:
                return Driven(run.id, (await poisoned(kit, run, taken)).status)
            drive = await self._prepare(run, release, taken)
            result = await self._play(drive)
            driven = await self._settle(drive, result)
            settled = True
            return driven
        finally:
            if self._crashes.leave(directive_id) and not settled:
                await self._came_back(directive_id)

    async def _prepare(self, run: RunRow, release: Release, taken: Claim) -> Drive:
        kit = self._kit
        ctx = kit.ctx
        grants = await load_grants(ctx, release)
        history = await load_history(ctx, run.id)
        frozen, memory = await frozen_input(ctx, run, release.owner)
        run = run.model_copy(update={"input": frozen})
        await kit.logs.load()
        tools = await load_tools(kit, run, release, grants)
        journal = Journal(ctx, run.id, taken.epoch, history.attempt)
        place = await tools.log.tell("running", attempt=history.attempt)
        if not history.resumes:
            start = Start(run.input, place, memory)
            await journal.begin_attempt(
                history.attempt, ctx.sandbox.profile(release.packages), start
            )
        started = start_of(taken.started_at)
        job = await job_for(ctx, run, release, history, started, tools.budget.left_ms())
        trace = Trace(run.idempotency_key, history.attempt, history.steps, history.tries)
        effects = LiveEffects(grants, named(tools, job))
        door = RunDoor(journal, trace, effects, tools, kit.failpoints)
        self._doors[run.id] = door
        return Drive(run, release, taken, journal, door, tools, job)

    async def _play(self, drive: Drive) -> Ending | datetime:
        """Run the code; return how it ended, or when it goes on."""
        try:
            async with drive.tools.budget.limited():
                outcome = await self._kit.ctx.sandbox.run(drive.job, drive.door)
        except WorkTimeOver:
            return timed_out()
        except Parked as parked:
            return parked.until
        except (Diverged, Unrepeatable) as difference:
            return interrupted(str(difference))
        if outcome.stdout:
            await drive.tools.log.say("print", outcome.stdout)
        return ending_of(outcome)

    async def _settle(self, drive: Drive, result: Ending | datetime) -> Driven:
        settling = Settling(
            kit=self._kit,
            run=drive.run,
            release=drive.release,
            claim=drive.claim,
            journal=drive.journal,
            tools=drive.tools,
            failures=drive.door.failures,
            clear=self._crashes.alone(drive.release.directive_id),
        )
        settled = await settle(settling, result)
        if isinstance(settled, datetime):
            return Driven(drive.run.id, "running", settled)
        return Driven(drive.run.id, settled.status)

    async def _came_back(self, directive_id: int) -> None:
        """Take back the counted crash of a drive that was cancelled or refused."""
        async with self._kit.ctx.directives.write() as w:
            await w.run("end_crash_watch", directive_id=directive_id)


def named(tools: Tools, job: Job) -> Tools:
    """Let conditions see what the code sees."""
    return replace(tools, names=job.inputs)
