"""The record of one drive: intents before effects, results after, nothing under an old epoch."""

import json
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, SqlValue, Writer
from aifp.schemas.releases import Release
from aifp.schemas.words import StepStatus
from aifp.server.adapters.logfiles import LogPlace
from aifp.server.engine.driving.bodies import NO_BODY, Body, note_body
from aifp.server.engine.driving.endings import Ending
from aifp.server.engine.driving.rows import RunRow
from aifp.server.engine.driving.trace import PlannedStep


class Fenced(Exception):
    """Somebody else drives, or has ended, this run; this driver may write nothing more."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A planned step with its kept arguments, or the earlier step that answers it."""

    step: PlannedStep
    arguments: Body = NO_BODY


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a step, already redacted and kept."""

    status: StepStatus
    body: Body = NO_BODY
    error_type: str | None = None
    error: str | None = None
    bytes_in: int = 0
    bytes_out: int = 0


@dataclass(frozen=True, slots=True)
class Start:
    """What an attempt begins with: the run's frozen input, and its first log line if it is new."""

    input: JsonMap
    log: LogPlace | None = None
    memory: Body = NO_BODY


@dataclass(frozen=True, slots=True)
class Claim:
    """A taken run: its epoch and start, and how its directive stands."""

    epoch: int
    started_at: str
    crashes: int
    name: str
    status: str


class Journal:
    """Writes the record of one run under one epoch; each write is its own short transaction."""

    def __init__(self, ctx: Ctx, run_id: int, epoch: int, attempt: int = 0) -> None:
        self._ctx, self._run_id, self._epoch = ctx, run_id, epoch
        self._attempt = attempt

    @property
    def attempt(self) -> int:
        """Return the attempt that is being written."""
        return self._attempt

    async def begin_attempt(self, attempt: int, sandbox: str, start: Start) -> None:
        """Open the next try and note what it begins with."""
        self._attempt = attempt
        at, place = self._ctx.clock.now(), start.log
        now = to_text(at)
        async with self.transaction() as w:
            await note_body(w, start.memory, at)
            fenced(
                await w.run(
                    "note_run_start",
                    attempt=attempt,
                    input_json=json.dumps(start.input),
                    log_file=place.file if place else None,
                    log_offset=place.offset if place else None,
                    **self._run(),
                )
            )
            fenced(await w.run("begin_attempt", now=now, sandbox_id=sandbox, **self._step()))

    async def begin(self, intents: Sequence[Intent], now: datetime) -> None:
        """Write the intents of one batch, and copy what an earlier attempt has finished."""
        if not intents:
            return
        async with self.transaction() as w:
            for intent in intents:
                await note_body(w, intent.arguments, now)
                fenced(await self._begin(w, intent, now))

    async def end(self, seq: int, result: Result, now: datetime) -> None:
        """Write what came of a step."""
        async with self.transaction() as w:
            await note_body(w, result.body, now)
            fenced(
                await w.run(
                    "end_step",
                    seq=seq,
                    status=result.status,
                    result_json=result.body.json,
                    result_sha256=result.body.sha256,
                    error_type=result.error_type,
                    error_message=result.error,
                    bytes_in=result.bytes_in,
                    bytes_out=result.bytes_out,
                    now=to_text(now),
                    **self._step(),
                )
            )

    async def postpone(self, seq: int, until: datetime, tries: int) -> None:
        """Let a begun step go on later."""
        state = json.dumps({"tries": tries})
        async with self.transaction() as w:
            at = to_text(until)
            step = self._step()
            fenced(await w.run("postpone_step", seq=seq, wake_at=at, result_json=state, **step))

    async def parked(self, w: Writer, until: datetime, working_ms: int) -> None:
        """Store when the run goes on, inside an open transaction."""
        at = to_text(until)
        fenced(await w.run("park_run", wake_at=at, working_ms=working_ms, **self._run()))

    async def ended_attempt(self, w: Writer, ending: Ending) -> None:
        """Close the try, inside an open transaction."""
        fenced(await self._end_attempt(w, ending))

    async def abandoned_attempt(self, w: Writer, ending: Ending) -> None:
        """Close the try of a run that is ended from outside, if one is open."""
        await self._end_attempt(w, ending)

    async def _end_attempt(self, w: Writer, ending: Ending) -> int:
        return await w.run(
            "end_attempt",
            status=ending.status,
            error_type=ending.error_type,
            error_message=ending.error,
            failed_steps_json=json.dumps(ending.failed_steps),
            now=to_text(self._ctx.clock.now()),
            **self._step(),
        )

    def transaction(self) -> AbstractAsyncContextManager[Writer]:
        """Open a transaction for several of the writes above."""
        return self._ctx.directives.write()

    async def _begin(self, w: Writer, intent: Intent, now: datetime) -> int:
        step, earlier = intent.step, intent.step.earlier
        if earlier:
            return await w.run(
                "copy_step",
                seq=step.seq,
                from_attempt=earlier.attempt,
                from_seq=earlier.seq,
                **self._step(),
            )
        return await w.run(
            "begin_step",
            seq=step.seq,
            function=step.call.function,
            call_sha256=step.sha256,
            arguments_json=intent.arguments.json,
            arguments_sha256=intent.arguments.sha256,
            idempotency_key=step.key,
            now=to_text(now),
            **self._step(),
        )

    def _run(self) -> dict[str, SqlValue]:
        return {"id": self._run_id, "epoch": self._epoch}

    def _step(self) -> dict[str, SqlValue]:
        return {"run_id": self._run_id, "attempt": self._attempt, "epoch": self._epoch}


def fenced(touched: int) -> None:
    """Refuse to go on when a write found another epoch."""
    if touched < 1:
        raise Fenced


async def claim(ctx: Ctx, run: RunRow, release: Release, owner: str, *, count: bool) -> Claim:
    """Take the next epoch of a run, and count the crash that may come of it."""
    async with ctx.directives.write() as w:
        row = await w.one(
            "claim_run",
            id=run.id,
            epoch=run.epoch,
            now=to_text(ctx.clock.now()),
            owner=owner,
            directive_version=release.directive_version,
            artifact_version_id=release.artifact_version_id,
            approval_id=release.approval_id,
            release_sha256=release.release_sha256,
        )
        if row is None:
            raise Fenced
        directive = await w.one(
            "begin_crash_watch", directive_id=release.directive_id, count=int(count)
        )
    if directive is None:
        raise NoSuch(f"The directive of run {run.id} is gone.")
    return Claim(
        epoch=int(row["epoch"] or 0),
        started_at=str(row["started_at"]),
        crashes=int(directive["load_crashes"] or 0),
        name=str(directive["name"]),
        status=str(directive["status"]),
    )
