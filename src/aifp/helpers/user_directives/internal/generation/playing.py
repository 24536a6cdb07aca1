"""Run the oracle through one case and record what it asked and what it was answered."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.generation.oracle import (
    FAIL,
    MOST_CALLS,
    Expected,
    Failed,
    Stopped,
    TooLong,
    World,
    play,
)
from aifp.helpers.user_directives.internal.generation.samples import CANDIDATES
from aifp.helpers.user_directives.internal.language.nested_steps import every_step
from aifp.helpers.user_directives.internal.language.templates import TemplateFault
from aifp.schemas.common import JsonMap
from aifp.schemas.steps import HttpStep, ReadFileStep, RunStep, Step

# The guest's tests need no answer for these: they say nothing about the world.
SILENT = frozenset({"log", "notify", "sleep"})
MAY_FAIL = ("http", "file", "notify", "command", "tool")
ANSWERED = frozenset({"http", "file", "command", "tool"})
BRINGING = frozenset({"http", "code", "call"})


@dataclass(slots=True)
class Played:
    """What one case came to."""

    calls: list[Expected] = field(default_factory=lambda: list[Expected]())
    answers: list[JsonValue] = field(default_factory=lambda: list[JsonValue]())
    ended: Literal["done", "stopped", "failed"] = "done"
    stop: Stopped | None = None

    @property
    def functions(self) -> list[str]:
        """Return the names of the calls in order."""
        return [call.function for call in self.calls]


def played(
    steps: Sequence[Step], data: JsonMap, *, true: bool = True, failing: Step | None = None
) -> Played | None:
    """Play one case: conditions true or false, one step failing; None when it has no short test."""
    record = Played()
    answers = Answers(data, true, failing)
    start = initial(steps, data)
    start.update(steps={}, state={})
    world = World(start, lambda step: answers.result(step))
    try:
        _exchange(play(steps, world).send, record, answers)
    except StopIteration:
        pass
    except Stopped as stop:
        record.ended, record.stop = "stopped", stop
    except Failed:
        record.ended = "failed"
    except (TooLong, TemplateFault):
        return None
    return record


def initial(steps: Sequence[Step], data: JsonMap) -> JsonMap:
    """Return the data a played run begins with: the samples without what its steps bring."""
    brought = {step.save_as for step in every_step(steps)}
    kept = {k: v for k, v in cast(JsonMap, data["vars"]).items() if k not in brought}
    return {**{k: _fresh(v) for k, v in data.items()}, "vars": kept}


def _fresh(value: JsonValue) -> JsonValue:
    return dict(value) if isinstance(value, dict) else value


def _exchange(send: Callable[[JsonValue], Expected], record: Played, answers: "Answers") -> None:
    reply: JsonValue = None
    while True:
        call = send(reply)
        reply = answers.reply(call)
        record.calls.append(call)
        record.answers.append(reply)
        if len(record.calls) > MOST_CALLS:
            raise TooLong("calls")


class Answers:
    """What the host answers in one case."""

    def __init__(self, data: JsonMap, true: bool, failing: Step | None) -> None:  # noqa: FBT001
        self._data, self._true, self._failing = data, true, failing
        self._tested: Counter[int] = Counter()

    def reply(self, call: Expected) -> JsonValue:
        """Return the answer to a call."""
        if call.purpose:
            return self._verdict(call)
        if call.entity is not None:
            return cast(JsonMap, self._data["state"]).get(call.entity, CANDIDATES[0])
        if call.step is self._failing and call.function in MAY_FAIL:
            return FAIL
        return self.result(call.step) if call.function in ANSWERED else None

    def result(self, step: Step) -> JsonValue:
        """Return what a step brings, shaped as later steps read it."""
        wanted = cast(JsonMap, self._data["vars"]).get(step.save_as or "")
        if wanted is None:
            wanted = cast(JsonMap, self._data["steps"]).get(step.id or "")
        match step:
            case HttpStep(pick=None):
                reply: JsonMap = {"status": 200, "headers": {}, "json": {}}
                return {**reply, **wanted} if isinstance(wanted, dict) else reply
            case RunStep():
                ended: JsonMap = {"exit": 0, "text": ""}
                return {**ended, **wanted} if isinstance(wanted, dict) else ended
            case ReadFileStep():
                return wanted if isinstance(wanted, str) else str(wanted or CANDIDATES[0])
            case _:
                return CANDIDATES[0] if wanted is None and step.verb in BRINGING else wanted

    def _verdict(self, call: Expected) -> bool:
        self._tested[id(call.step)] += 1
        if call.purpose == "until":
            return True
        return self._true and (call.purpose == "if" or self._tested[id(call.step)] % 2 == 1)
