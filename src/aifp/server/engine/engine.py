"""The engine of one project: its tasks, and what others may ask of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from aifp.helpers.shared.alerts import raise_alert
from aifp.schemas.alerts import NewAlert
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import (
    DueTime,
    EngineRequest,
    EngineStatus,
    OpenRun,
    RunReport,
    RunRequest,
    ToolRequest,
    TrialRequest,
    UpkeepRequest,
)
from aifp.schemas.words import Actor
from aifp.server.engine.rounds import Part, Round
from aifp.server.engine.sources.events import Emitted, EventStarts
from aifp.server.engine.starting.dispatch import Dispatcher
from aifp.server.engine.starting.scheduler import Scheduler
from aifp.server.engine.supervisor import Body, Supervisor
from aifp.server.engine.switch import ENGINE, clear_stop, set_stop, stop_reason
from aifp.server.engine.world.entities import Entities

# How many next due times and open runs the status shows.
SHOWN = 20
# The stop switch ends everything within 2 s (D102); this much is for what is under way.
STOP_GRACE_S = 1.0
CANCEL_GRACE_S = 10.0

# The task that drives runs; it is the last to end, so that what is under way can finish.
RUNNER = "runner"

# Ends one open run, driven or not: (run id, reason, grace); False when it had ended.
CancelRun = Callable[[int, str, float], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the status tells about this process."""

    pid: int
    versions: dict[str, str] = field(default_factory=lambda: dict[str, str]())
    host_limits: JsonMap = field(default_factory=lambda: JsonMap())


@dataclass(frozen=True, slots=True)
class Parts:
    """What the engine is made of."""

    ctx: Ctx
    scheduler: Scheduler
    dispatcher: Dispatcher
    entities: Entities
    events: EventStarts
    rounds: dict[str, Part]
    tasks: Mapping[str, Body]
    cancel: CancelRun
    run_now: Callable[[RunRequest], Awaitable[RunReport]]
    look_after: Callable[[UpkeepRequest], Awaitable[RunReport]]
    call_tool: Callable[[ToolRequest], Awaitable[RunReport]]
    try_version: Callable[[TrialRequest], Awaitable[RunReport]]
    before_start: Sequence[Callable[[], Awaitable[object]]] = ()
    before_close: Sequence[Callable[[], Awaitable[object]]] = ()


class EngineService:
    """Implements the Engine port for one project."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._rounds: dict[str, Round] = {}
        self._parts: Parts | None = None
        self._started: datetime | None = None

    def furnish(self, parts: Parts) -> None:
        """Take the parts; they know this engine, so they are made after it."""
        self._parts, self._ctx = parts, parts.ctx
        clock = parts.ctx.clock
        self._supervisor = Supervisor(clock, self._restarted)
        self._rounds = {name: Round(clock, part) for name, part in parts.rounds.items()}

    async def start(self) -> None:
        """Take up what was open and begin to watch."""
        parts = self._furnished()
        await self._supervisor.open()
        self._started = self._ctx.clock.now()
        for prepare in parts.before_start:
            await prepare()
        for name, body in parts.tasks.items():
            self._supervisor.keep(name, body)
        for name, going_round in self._rounds.items():
            self._supervisor.keep(name, going_round.run)
        self._supervisor.keep("scheduler", parts.scheduler.run)

    async def close(self) -> None:
        """End every task; open runs stay in the record and go on at the next start."""
        parts = self._furnished()
        await self._supervisor.end_all_but(RUNNER)
        for finish in parts.before_close:
            await finish()
        await self._supervisor.close()
        self._started = None

    def wake(self) -> None:
        """Look again at what is due: something was activated, paused, decided or changed."""
        self._furnished().scheduler.wake()
        for going_round in self._rounds.values():
            going_round.wake()

    def nudge(self) -> None:
        """Hand over what is ready; cheaper than `wake`."""
        if self._parts is not None:
            self._parts.scheduler.nudge()

    def plans_changed(self) -> None:
        """Let every part look through the plans again."""
        for going_round in self._rounds.values():
            going_round.changed()

    def ended(self, run_id: int) -> None:
        """Hear that a run has ended; its consequences are drawn from the record."""
        self.let_go(run_id)
        self.look("consequences")
        self.look("shadows")
        self.look("health")

    def let_go(self, run_id: int) -> None:
        """Hear that the runner no longer holds a run."""
        if self._parts is not None:
            self._parts.dispatcher.let_go(run_id)

    def look(self, part: str) -> None:
        """Let one part go round now."""
        if part in self._rounds:
            self._rounds[part].wake()

    async def run_now(self, request: EngineRequest) -> RunReport:
        """Do what is asked for by hand, such as a run or a tool call, and wait for its end."""
        parts = self._furnished()
        match request:
            case ToolRequest():
                return await parts.call_tool(request)
            case UpkeepRequest():
                return await parts.look_after(request)
            case TrialRequest():
                return await parts.try_version(request)
            case RunRequest():
                return await parts.run_now(request)

    async def cancel(self, run_ids: Sequence[int], reason: str) -> int:
        """End open runs (10 s grace, then killed) and return how many."""
        return await self._cancel_all(run_ids, reason, CANCEL_GRACE_S)

    async def stop_all(self, reason: str) -> int:
        """Set the stop switch and end every run within 2 s; return how many ended."""
        await set_stop(self._ctx, reason)
        rows = await self._ctx.directives.all("open_run_ids")
        ids = [int(row["id"] or 0) for row in rows]
        return await self._cancel_all(ids, "stopped", STOP_GRACE_S)

    async def resume(self, actor: Actor) -> bool:
        """Take back the stop switch; only a person's door offers this."""
        resumed = await clear_stop(self._ctx, actor)
        self.wake()
        return resumed

    async def observe(self, entity: str, value: JsonValue, attributes: JsonMap) -> None:
        """Take a report about an entity."""
        await self._furnished().entities.observe(entity, value, attributes)
        self.look("entities")

    async def emit(self, emitted: Emitted) -> list[int]:
        """Open the runs that an event starts and return their ids."""
        return await self._furnished().events.emit(emitted)

    async def status(self) -> EngineStatus:
        """Return what the engine is doing, once it has taken up what it was told before."""
        if self._started is not None:
            await self._furnished().scheduler.caught_up()
        reader = self._ctx.directives
        due = await reader.all("next_due_times", limit=SHOWN)
        runs = await reader.all("open_runs", limit=SHOWN)
        return EngineStatus(
            running=self._started is not None,
            pid=self._facts.pid,
            started_at=to_text(self._started) if self._started else None,
            stop_switch=await stop_reason(self._ctx),
            next_due=[
                DueTime(directive=str(row["name"]), next_due_at=str(row["next_due_at"]))
                for row in due
            ],
            open_runs=[
                OpenRun.model_validate(
                    {
                        "run_id": row["id"],
                        "directive": row["name"],
                        "status": row["status"],
                        "started_at": row["started_at"],
                    }
                )
                for row in runs
            ],
            host_limits=self._facts.host_limits,
            versions=self._facts.versions,
            restarts=dict(self._supervisor.restarts),
        )

    async def _cancel_all(self, run_ids: Sequence[int], reason: str, grace_s: float) -> int:
        cancel = self._furnished().cancel
        ended = await asyncio.gather(*(cancel(run_id, reason, grace_s) for run_id in run_ids))
        return sum(ended)

    async def _restarted(self, name: str, died_of: str, times: int) -> None:
        alert = NewAlert(
            severity="critical",
            code="engine_task_restarted",
            message=f"The task {name} died and was started again ({times} times): {died_of}",
            suggestion="If this goes on, stop the engine and report it with the error log.",
        )
        subject = ENGINE.model_copy(update={"id": name})
        async with self._ctx.directives.write() as w:
            await raise_alert(w, self._ctx.clock.now(), subject, alert)

    def _furnished(self) -> Parts:
        if self._parts is None:
            raise RuntimeError("the engine has no parts yet")
        return self._parts
