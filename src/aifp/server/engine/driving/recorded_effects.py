"""Doors for code that is only tried: calls are answered from a record, and nothing is sent."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.instants import from_text
from aifp.schemas.ports import Files, Row
from aifp.schemas.sandbox import HostAnswer, HostCall
from aifp.server.engine.driving.bodies import load_column
from aifp.server.engine.driving.effects import stub
from aifp.server.engine.driving.keys import call_sha256
from aifp.server.engine.host.functions import FUNCTIONS

SHOWN = 300
Named = tuple[str, HostCall]


class Unrecorded(Exception):
    """The code makes a call that nothing is recorded for; its text says which."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One call of a recorded run with its answer; `sha256` names function and arguments."""

    call: HostCall
    sha256: str
    answer: HostAnswer


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call is answered while code is tried; without a time, the clock stands still."""

    value: JsonValue = None
    error_type: str | None = None
    error: str | None = None
    at: datetime | None = None


class Answers(Protocol):
    """Knows what the calls of tried code are answered."""

    def reply(self, call: HostCall, now: datetime) -> Reply:
        """Answer one call; raises Unrecorded when it can have no answer."""
        ...


class TrialDoor:
    """Answers calls and keeps them; not one of them leaves this process."""

    def __init__(self, answers: Answers, started: datetime) -> None:
        self._answers, self._now = answers, started
        self.calls: list[HostCall] = []

    async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
        """Answer a batch, in order."""
        return [self._answer(call) for call in calls]

    def _answer(self, call: HostCall) -> HostAnswer:
        self.calls.append(call)
        if call.function == "log":
            return HostAnswer(seq=len(self.calls), now=self._now)
        reply = self._answers.reply(call, self._now)
        self._now = max(self._now, reply.at or self._now)
        return HostAnswer(
            seq=len(self.calls),
            now=self._now,
            value=None if reply.error_type else reply.value,
            error=reply.error,
            error_type=reply.error_type,
        )


class FromTrace:
    """Answers from the trace of one run, by function and canonical arguments.

    `captures`: a write that the run did not make is kept and gets an empty answer. Without it,
    and for every read, such a call ends the trial: nobody knows what it would be answered.
    """

    def __init__(self, trace: Iterable[Recorded], *, captures: bool = False) -> None:
        self._captures = captures
        self._left: dict[str, deque[HostAnswer]] = {}
        for step in trace:
            self._left.setdefault(step.sha256, deque()).append(step.answer)

    def reply(self, call: HostCall, now: datetime) -> Reply:
        """Answer with what the same call was answered then, the nth with the nth."""
        left = self._left.get(call_sha256(call))
        if left:
            answer = left.popleft()
            return Reply(answer.value, answer.error_type, answer.error, answer.now)
        if self._captures and is_effect(call):
            return Reply(stub(call))
        raise Unrecorded(f"a call that is not in the record: {told(call)}")


def is_effect(call: HostCall) -> bool:
    """Say whether a call changes something: outside, or what is remembered."""
    module = FUNCTIONS.get(call.function)
    if call.function == "state":
        return call.arguments.get("op") in ("set", "delete")
    return module is None or module.is_write(call.arguments)


def effects_of(calls: Iterable[HostCall]) -> list[Named]:
    """Return the calls that change something, each with the hash it is known by."""
    return [(call_sha256(call), call) for call in calls if is_effect(call)]


def recorded_effects(trace: Iterable[Recorded]) -> list[Named]:
    """Return the recorded calls that change something; secrets are cut from their arguments."""
    return [(step.sha256, step.call) for step in trace if is_effect(step.call)]


def effects_differ(before: Sequence[Named], after: Sequence[Named]) -> list[str]:
    """Return in which effects two runs differ, whatever their order: branches go side by side."""
    old, new = Counter(sha256 for sha256, _ in before), Counter(sha256 for sha256, _ in after)
    named = {**dict(before), **dict(after)}
    gone = [f"does not: {told(named[sha256])}" for sha256 in (old - new).elements()]
    return [*gone, *(f"does as well: {told(named[sha256])}" for sha256 in (new - old).elements())]


def told(call: HostCall) -> str:
    """Name a call in one line."""
    words = [f"{name} {_short(value)}" for name, value in sorted(call.arguments.items())]
    return " ".join([call.function, *words])[:SHOWN]


def _short(value: JsonValue) -> str:
    return value if isinstance(value, str) else str(value)


async def recorded_step(files: Files, row: Row) -> Recorded:
    """Read a row of `recorded_steps`."""
    kept = await load_column(files, row, "arguments")
    arguments: JsonMap = kept if isinstance(kept, dict) else {}
    failed = row["error_type"] is not None
    # The record keeps the facts of an error beside it; the code never saw them.
    value = None if failed else await load_column(files, row, "result")
    call = HostCall.model_validate({"function": row["function"], "arguments": arguments})
    answer = HostAnswer(
        seq=int(str(row["seq"])),
        now=from_text(str(row["finished_at"] or row["started_at"])),
        value=value,
        error=_optional(row["error_message"]),
        error_type=_optional(row["error_type"]),
    )
    return Recorded(call, str(row["call_sha256"]), answer)


def _optional(value: object) -> str | None:
    return None if value is None else str(value)
