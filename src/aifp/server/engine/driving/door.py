"""The only door out of the sandbox: every call is compared, written down, done, written down."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.sandbox import HostAnswer, HostCall
from aifp.server.engine.driving.bodies import NO_BODY, keep_body, load_column
from aifp.server.engine.driving.effects import Done, Effects
from aifp.server.engine.driving.failpoints import Failpoints
from aifp.server.engine.driving.journal import Intent, Journal, Result
from aifp.server.engine.driving.notices import alert_refusals
from aifp.server.engine.driving.rows import StepRow
from aifp.server.engine.driving.trace import PlannedStep, Trace
from aifp.server.engine.host.faults import Unrepeatable, Wait
from aifp.server.engine.host.functions import FUNCTIONS
from aifp.server.engine.host.tools import Call, Tools


class Parked(Exception):
    """The run waits until an instant; it is driven again from its record."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class Stopped(Exception):
    """The run was asked to stop; nothing new is begun."""


class RunDoor:
    """Answers the host calls of one drive, from the record or by doing them."""

    def __init__(
        self,
        journal: Journal,
        trace: Trace,
        effects: Effects,
        tools: Tools,
        failpoints: Failpoints,
    ) -> None:
        self._journal, self._trace, self._effects = journal, trace, effects
        self._tools, self._failpoints = tools, failpoints
        self._stopping = False
        self.quiet = asyncio.Event()
        self.quiet.set()
        self.failures: dict[int, JsonMap] = {}

    def stop(self) -> None:
        """Let nothing new begin."""
        self._stopping = True

    async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
        """Answer a batch in plan order; its calls are done at once."""
        if self._stopping:
            raise Stopped
        self.quiet.clear()
        try:
            return await self._answer(self._trace.plan(calls))
        finally:
            self.quiet.set()

    async def _answer(self, steps: list[PlannedStep]) -> list[HostAnswer]:
        for step in steps:
            check_repeatable(step)
        await self._intend([step for step in steps if step.found is None])
        self._failpoints.reach("after_intent")
        results = await self._all(steps)
        waits = [result for result in results if isinstance(result, datetime)]
        if waits:
            raise Parked(min(waits))
        return [result for result in results if isinstance(result, HostAnswer)]

    async def _all(self, steps: list[PlannedStep]) -> list[HostAnswer | datetime]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._one(step)) for step in steps]
        except BaseExceptionGroup as faults:
            raise faults.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _intend(self, steps: list[PlannedStep]) -> None:
        files, redactor = self._tools.ctx.files, self._tools.redactor
        intents: list[Intent] = []
        for step in steps:
            new = step.earlier is None
            kept = redactor.value(step.call.arguments)
            intents.append(Intent(step, await keep_body(files, kept) if new else NO_BODY))
        await self._journal.begin(intents, self._effects.now())

    async def _one(self, step: PlannedStep) -> HostAnswer | datetime:
        finished = step.earlier or step.found
        if finished and finished.status != "started":
            return await self._recorded(step, finished)
        call = self._call(step)
        if call.wake_at and call.wake_at > call.now:
            return call.wake_at
        try:
            done = await self._effects.perform(step.call, call)
        except Wait as wait:
            await self._journal.postpone(step.seq, wait.until, wait.tries)
            return wait.until
        self._failpoints.reach("after_effect")
        return await self._record(step, done)

    def _call(self, step: PlannedStep) -> Call:
        """Return the call with what it has waited for before."""
        found, now = step.found, self._effects.now()
        waited = found is not None and found.wake_at is not None
        return Call(
            seq=step.seq,
            arguments=step.call.arguments,
            key=step.key,
            now=now,
            wake_at=from_text(found.wake_at) if found and found.wake_at else None,
            tries=_tries(found) if found and waited else 0,
        )

    async def _record(self, step: PlannedStep, done: Done) -> HostAnswer:
        """Redact the result, write it down and answer with exactly what was written."""
        redactor, now = self._tools.redactor, self._effects.now()
        value = redactor.value(done.value)
        error = redactor.text(done.error) if done.error is not None else None
        kept: JsonValue = done.facts if done.error_type else value
        body = await keep_body(self._tools.ctx.files, kept)
        result = Result(
            done.status, body, done.error_type, error, bytes_in=body.size, bytes_out=_size(step)
        )
        await self._journal.end(step.seq, result, now)
        await self._tools.log.step(step.seq, done.status, step.call.function, error=error)
        if done.status == "denied":
            await self._alert_refused(step)
        if done.facts:
            self.failures[step.seq] = done.facts
        # The record keeps milliseconds; the guest must see the same time when driven again.
        return HostAnswer(
            seq=step.seq,
            now=from_text(to_text(now)),
            value=value,
            error=error,
            error_type=done.error_type,
        )

    async def _alert_refused(self, step: PlannedStep) -> None:
        await alert_refusals(self._tools.ctx, self._tools.facts.owner, step.call.function)

    async def _recorded(self, step: PlannedStep, row: StepRow) -> HostAnswer:
        """Answer a finished step from its row."""
        await self._effects.redo(step.call, self._call(step))
        row_values = {"result_json": row.result_json, "result_sha256": row.result_sha256}
        kept = await load_column(self._tools.ctx.files, row_values, "result")
        if row.error_type and isinstance(kept, dict):
            self.failures[step.seq] = kept
        return HostAnswer(
            seq=step.seq,
            now=from_text(row.finished_at or row.started_at),
            value=None if row.error_type else kept,
            error=row.error_message,
            error_type=row.error_type,
        )


def check_repeatable(step: PlannedStep) -> None:
    """Refuse to guess what became of a step that was begun and never finished."""
    module = FUNCTIONS.get(step.call.function)
    if step.unknown and (module is None or not module.is_repeatable(step.call.arguments)):
        raise Unrepeatable(
            f"Step {step.seq} ({step.call.function}) was begun before the engine stopped; nobody "
            "knows whether it was done, and doing it twice could do harm."
        )


def _tries(row: StepRow) -> int:
    state = json.loads(row.result_json or "{}")
    return int(state.get("tries", 0))


def _size(step: PlannedStep) -> int:
    return len(json.dumps(step.call.arguments).encode())
