"""Drive one job through a worker: send it, answer its calls, say how it ended."""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from aifp.schemas.ports import HostDoor
from aifp.schemas.sandbox import HostAnswer, HostCall, Job, Outcome
from aifp.server.sandbox import frames, outcomes
from aifp.server.sandbox.frames import WorkerLost
from aifp.server.sandbox.process import WorkerProcess
from aifp.server.sandbox.shipping import Parcel, ship

Waiting: TypeAlias = Callable[[], AbstractContextManager[None]]
CALLS: TypeAdapter[list[HostCall]] = TypeAdapter(list[HostCall])
# The worker stops the guest itself; only one that hangs is killed, this much later.
GRACE_SECONDS = 1.0
# More than any granted file or body; keeps hostile code from busying the daemon with parsing.
MAX_CALLS = 8 * 1024 * 1024
ABORT_SECONDS = 2.0


class Drive:
    """One job in one worker."""

    def __init__(
        self,
        worker: WorkerProcess,
        waiting: Waiting,
        job: Job,
        host: HostDoor | None,
        parcels: Sequence[Parcel] = (),
    ) -> None:
        self._worker = worker
        self._waiting = waiting
        self._job = job
        self._host = host
        self._parcels = parcels
        self._calls = 0

    async def run(self) -> Outcome:
        """Return how the job ended; what the host door raises passes on."""
        self._worker.spoiled = True  # until the worker says that the instance is gone
        try:
            await ship(self._worker, self._parcels)
            await self._worker.send(frames.JOB, job_frame(self._job, self._parcels))
            return await self._to_the_end()
        except TimeoutError:
            return outcomes.hanging(self._job)
        except WorkerLost as error:
            return await self._lost(error)

    async def _to_the_end(self) -> Outcome:
        seconds = self._job.limits.wall_ms / 1000 + GRACE_SECONDS
        while True:
            kind, payload = await self._worker.receive(seconds)
            if kind == frames.END:
                return self._ended(payload)
            refusal = await self._answer(payload)
            if refusal is not None:
                await self._abort()
                return refusal

    def _ended(self, payload: bytes) -> Outcome:
        """Return the outcome; the worker, which is trusted, has dropped the instance."""
        self._worker.spoiled = False
        return outcomes.outcome(self._job, json.loads(payload))

    async def _lost(self, error: WorkerLost) -> Outcome:
        return outcomes.crashed(str(error))

    async def _answer(self, payload: bytes) -> Outcome | None:
        """Answer one batch; an outcome means that the run must end instead."""
        calls = _calls(payload)
        if calls is None:
            return outcomes.crashed("the code sent something that is no host call")
        self._calls += len(calls)
        refusal = self._refusal(calls)
        if refusal is None and self._host is not None:
            answers = await self._ask(self._host, calls)
            await self._worker.send(frames.ANSWERS, answers_frame(answers))
        return refusal

    def _refusal(self, calls: Sequence[HostCall]) -> Outcome | None:
        denied = [call.function for call in calls if call.function not in self._job.functions]
        if denied or self._host is None:
            return outcomes.denied(f"{denied[0] if denied else 'a host call'} was not granted")
        if self._calls > self._job.limits.host_calls:
            return outcomes.limit(f"more than {self._job.limits.host_calls} host calls")
        return None

    async def _ask(self, host: HostDoor, calls: Sequence[HostCall]) -> list[HostAnswer]:
        try:
            with self._waiting():
                answers = await host.call(calls)
            if len(answers) != len(calls):
                raise ValueError(f"{len(answers)} answers for {len(calls)} host calls")
        except BaseException:
            await self._abort()
            raise
        return answers

    async def _abort(self) -> None:
        """Drop the instance; the worker lives on if it says so in time."""
        try:
            await self._worker.send(frames.ABORT)
            kind, _ = await self._worker.receive(ABORT_SECONDS)
            self._worker.spoiled = kind != frames.END
        except (WorkerLost, TimeoutError):
            self._worker.spoiled = True


def _calls(payload: bytes) -> list[HostCall] | None:
    """Return the calls in a frame, which hostile code may have written."""
    if len(payload) > MAX_CALLS:
        return None
    try:
        return CALLS.validate_json(payload) or None
    except ValidationError:
        return None


def job_frame(job: Job, parcels: Sequence[Parcel] = ()) -> bytes:
    """Return a job as the worker reads it; the guest's part is text in the text."""
    guest = {
        "mode": job.mode,
        "modules": job.modules,
        "main": job.main,
        "tests": job.tests,
        "entry": job.entry,
        "inputs": job.inputs,
        "functions": job.functions,
        "seed": job.seed,
        "output_bytes": job.limits.output_bytes,
        "result_bytes": job.limits.result_bytes,
        "packages": bool(parcels),
    }
    content = {
        "guest": json.dumps(guest),
        "now_us": round(job.now.timestamp() * 1_000_000),
        "seed": job.seed,
        "testing": job.mode == "tests",
        "wall_ms": job.limits.wall_ms,
        "cpu_ms": job.limits.cpu_ms,
        "memory_mb": job.limits.memory_mb,
        "package_folders": job.package_folders,
        "packages": [parcel.key for parcel in parcels],
    }
    return json.dumps(content).encode()


def answers_frame(answers: Sequence[HostAnswer]) -> bytes:
    """Return answers as the worker reads them: the latest time, then JSON for the guest."""
    now = max(round(answer.now.timestamp() * 1_000_000) for answer in answers)
    fields = {"seq", "value", "error", "error_type"}
    content = json.dumps([answer.model_dump(include=fields) for answer in answers])
    return now.to_bytes(8, "little") + content.encode()
