"""Play an implementation against recorded answers; tests import this as `aifp_testing`."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from aifp.server.sandbox.guest.clock import move_to, wait
from aifp.server.sandbox.guest.context import DATA, Ctx, called
from aifp.server.sandbox.guest.door import standing
from aifp.server.sandbox.guest.errors import HostError, OutputFull, Stop
from aifp.server.sandbox.guest.plain import Answer, Call, Json, JsonMap

Reply: TypeAlias = "Json | HostError | Callable[[JsonMap], Json]"
Answers: TypeAlias = "Sequence[Reply] | Mapping[str, Reply]"

# What these return says nothing about the world, so a test need not answer them.
SILENT = frozenset({"log", "notify", "sleep"})


@dataclass(frozen=True)
class Played:
    """What an implementation did when it was played."""

    calls: list[Call]
    batches: list[list[Call]]
    result: Any = None
    error: BaseException | None = None
    stopped: str | None = None

    def to(self, function: str) -> list[JsonMap]:
        """Return the arguments of every call of one host function."""
        return [call.arguments for call in self.calls if call.function == function]


@dataclass
class RecordedDoor:
    """Answers from a list in order of the calls, or from a map by function name."""

    answers: Answers
    batches: list[list[Call]] = field(default_factory=lambda: [])
    used: dict[str, int] = field(default_factory=lambda: {})

    def exchange(self, calls: Sequence[Call]) -> list[Answer]:
        """Return one answer for each call, in order."""
        seq = sum(map(len, self.batches))
        self.batches.append(list(calls))
        return [self._answer(seq + index, call) for index, call in enumerate(calls, start=1)]

    def _answer(self, seq: int, call: Call) -> Answer:
        try:
            value, error = self._value(call), None
        except HostError as fault:
            value, error = None, fault
        if call.function == "sleep":
            wait(call.arguments)
        return {
            "seq": seq,
            "value": value,
            "error": error.message if error else None,
            "error_type": error.error_type if error else None,
        }

    def _value(self, call: Call) -> Json:
        reply = self._next(call)
        if isinstance(reply, HostError):
            raise reply
        value = reply(call.arguments) if callable(reply) else reply
        return json.loads(json.dumps(value))

    def _next(self, call: Call) -> Reply:
        if isinstance(self.answers, Mapping):
            return self._by_name(call, self.answers)
        if call.function in SILENT:
            return None
        place = self.used["*"] = self.used.get("*", -1) + 1
        if place >= len(self.answers):
            raise AssertionError(f"the test has no answer for {_text(call)}")
        return self.answers[place]

    def _by_name(self, call: Call, answers: Mapping[str, Reply]) -> Reply:
        if call.function not in answers:
            if call.function in SILENT:
                return None
            raise AssertionError(f"the test has no answer for {_text(call)}")
        reply = answers[call.function]
        if isinstance(reply, list):
            return self._in_turn(call, cast("list[Reply]", reply))
        return reply

    def _in_turn(self, call: Call, replies: "list[Reply]") -> Reply:
        place = self.used[call.function] = self.used.get(call.function, -1) + 1
        if place >= len(replies):
            raise AssertionError(f"the test has {len(replies)} answers, none for {_text(call)}")
        return replies[place]


def play(
    execute: Callable[[Ctx], Any],
    *,
    answers: Answers = (),
    now: str | None = None,
    fails: bool = False,
    **data: Json,
) -> Played:
    """Run an implementation against recorded answers and return what it did.

    answers: in order of the calls (log, notify and sleep are not counted), or a map from a host
    function to its answer, where a list is one answer for each call. An answer is a value, a
    HostError to be raised, or a function of the arguments. Data are input, trigger, run, vars,
    read and memory. With fails=True an error is returned in `error`, else it is raised.
    """
    unknown = sorted(set(data) - set(DATA))
    if unknown:
        raise TypeError(f"play has no argument named {', '.join(unknown)}")
    if now is not None:
        move_to(now)
    door = RecordedDoor(answers)
    with standing(door):
        return _played(execute, Ctx(data), door, fails)


def _played(execute: Callable[[Ctx], Any], ctx: Ctx, door: RecordedDoor, fails: bool) -> Played:  # noqa: FBT001
    result, error, stopped = None, None, None
    try:
        result = json.loads(json.dumps(called(execute, ctx)))
    except Stop as stop:
        stopped = stop.reason
        error = stop if stop.error else None
    except (AssertionError, MemoryError, OutputFull):
        raise
    except BaseException as fault:  # noqa: BLE001 - the test says whether it expected this
        error = fault
    if error is not None and not fails:
        raise error
    calls = [call for batch in door.batches for call in batch]
    return Played(calls, door.batches, result, error, stopped)


def _text(call: Call) -> str:
    return f"{call.function} {json.dumps(call.arguments)[:200]}"
