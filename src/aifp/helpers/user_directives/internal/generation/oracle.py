"""Play canonical steps without their code: which host calls follow from which answers.

The tests that are generated compare the code with this second reading of the same steps.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.generation.branches import waves
from aifp.helpers.user_directives.internal.language.mentions import paths_in
from aifp.helpers.user_directives.internal.language.templates import render
from aifp.schemas.common import JsonMap
from aifp.schemas.steps import (
    BranchStep,
    ChooseStep,
    CodeStep,
    HttpStep,
    ParallelStep,
    RememberStep,
    RepeatStep,
    SetStep,
    Step,
    StopStep,
    StopUnlessStep,
)

MOST_CALLS = 60
MOST_STEPS = 1_000
Purpose = Literal["if", "while", "until"]
Play = Generator["Expected", JsonValue, JsonValue]


# The reply that stands for an error of the host; a value no JSON can be.
FAIL = cast(JsonValue, object())


class Failed(Exception):
    """The host answered a call with an error."""


class Stopped(Exception):
    """A step ended the run."""

    def __init__(self, reason: str, *, error: bool) -> None:
        super().__init__(reason)
        self.reason, self.error = reason, error


class TooLong(Exception):
    """The run has more calls than a readable test should list."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One host call that must come: the function, the step behind it and why a test is made."""

    function: str
    step: Step
    purpose: Purpose | None = None
    entity: str | None = None


@dataclass(slots=True)
class World:
    """The data of a played run."""

    data: JsonMap
    code: Callable[[CodeStep], JsonValue]
    item: list[JsonValue] = field(default_factory=lambda: list[JsonValue]())
    side_by_side: bool = False
    steps: int = 0

    def text(self, value: JsonValue) -> JsonValue:
        """Render a value as the run would."""
        extra: JsonMap = {"item": self.item[-1]} if self.item else {}
        return render(value, {**self.data, **extra})  # pyright: ignore[reportArgumentType, reportReturnType]

    def count(self) -> None:
        """Count a step; a loop without calls must not keep the generator busy."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooLong("steps")

    def keep(self, root: str, name: str, value: JsonValue) -> None:
        """Put a value where later steps find it."""
        cast(JsonMap, self.data[root])[name] = value


def play(steps: Sequence[Step], world: World) -> Play:
    """Play steps in order, side by side where `needs` leaves them free."""
    groups = waves(steps) if any(s.needs is not None for s in steps) else [[s] for s in steps]
    value: JsonValue = None
    for group in groups:
        if len(group) == 1:
            value = yield from _step(group[0], world)
        else:
            value = yield from _together([_step(s, world) for s in group], world)
    return value


def _step(step: Step, world: World) -> Play:
    world.count()
    own = isinstance(step, BranchStep | StopUnlessStep)
    if step.if_ and not own and not (yield Expected("state", step, "if")):
        return None
    try:
        value = yield from _retried(step, world)
    except Failed:
        if step.on_error == "stop":
            raise
        yield Expected("log", step)
        return None
    if step.save_as:
        world.keep("vars", step.save_as, value)
    if step.id:
        world.keep("steps", step.id, value)
    return value


def _retried(step: Step, world: World) -> Play:
    times = step.retry.times if step.retry and not isinstance(step, HttpStep) else 0
    for _ in range(times):
        try:
            return (yield from _core(step, world))
        except Failed:
            yield Expected("log", step)
            yield Expected("sleep", step)
    return (yield from _core(step, world))


def _core(step: Step, world: World) -> Play:
    match step:
        case SetStep() | RememberStep():
            return (yield from _values(step, world))
        case CodeStep():
            return world.code(step)
        case ParallelStep():
            branches = [play(branch, world) for branch in step.branches]
            return (yield from _together(branches, world))
        case RepeatStep():
            return (yield from _repeat(step, world))
        case _:
            return (yield from _steered_or_effect(step, world))


def _steered_or_effect(step: Step, world: World) -> Play:
    if isinstance(step, ChooseStep | BranchStep):
        return (yield from _chosen(step, world))
    if isinstance(step, StopStep | StopUnlessStep):
        return (yield from _stopped(step))
    return (yield from _effect(step, world))


def _stopped(step: StopStep | StopUnlessStep) -> Play:
    if isinstance(step, StopStep):
        raise Stopped(step.reason, error=step.error)
    if not (yield Expected("state", step, "if")):
        reason = f"stopped because this is not true: {step.if_}"
        raise Stopped(reason, error=step.error)
    return None


def _effect(step: Step, world: World) -> Play:
    wire = {k: v for k, v in step.wire().items() if k not in {"if", "on_error"}}
    for value in wire.values():
        for path in sorted(_entities({"value": value})):
            world.keep("state", path, (yield Expected("state", step, entity=path)))
    world.text(wire)
    names = {
        "read_file": "file",
        "write_file": "file",
        "wait": "sleep",
        "run": "command",
        "call": "tool",
    }
    reply = yield Expected(names.get(step.verb, step.verb), step)
    if reply is FAIL:
        raise Failed(step.verb)
    return reply


def _entities(wire: JsonMap) -> set[str]:
    return {str(p[1]) for p in paths_in(wire) if p[0] == "state" and len(p) > 1}


def _values(step: SetStep | RememberStep, world: World) -> Play:
    values: JsonMap = {key: step.values[key] for key in sorted(step.values)}
    for path in sorted(_entities(values)):
        world.keep("state", path, (yield Expected("state", step, entity=path)))
    for key, value in cast(JsonMap, world.text(values)).items():
        world.keep("vars" if isinstance(step, SetStep) else "memory", key, value)
    for _ in values if isinstance(step, RememberStep) else ():
        yield Expected("state", step)
    return None


def _chosen(step: ChooseStep | BranchStep, world: World) -> Play:
    if isinstance(step, BranchStep):
        options = [step.steps]
    else:
        options = [option.steps for option in step.options]
    for steps in options:
        if (yield Expected("state", step, "if")):
            return (yield from play(steps, world))
    return (yield from play(step.else_ or [], world))


def _repeat(step: RepeatStep, world: World) -> Play:
    results: list[JsonValue] = []
    for item in _items(step, world):
        if step.while_ is not None and not (yield Expected("state", step, "while")):
            return results
        world.item.append(item)
        results.append((yield from play(step.steps, world)))
        world.item.pop()
        if step.until is not None and (yield Expected("state", step, "until")):
            return results
    if step.while_ is not None or step.until is not None:
        raise Stopped(f"the loop is not done after {step.max} passes", error=True)
    return results


def _items(step: RepeatStep, world: World) -> Sequence[JsonValue]:
    if step.each is None:
        return range(1, (step.max if step.count is None else step.count) + 1)
    values = world.text(step.each)
    if not isinstance(values, list) or len(values) > step.max:
        raise TooLong("the sample for a loop is no list")
    return values


def _together(branches: Sequence[Play], world: World) -> Play:
    """Play branches side by side: each round holds the next call of every branch."""
    if world.side_by_side:
        raise TooLong("the order of branches inside branches is the sandbox's own")
    world.side_by_side = True
    rounds = [Branch(branch) for branch in branches]
    while waiting := [branch for branch in rounds if branch.advance()]:
        for branch in waiting:
            branch.reply = yield cast(Expected, branch.call)
    world.side_by_side = False
    errors = [branch.error for branch in rounds if branch.error]
    if errors:
        raise next((error for error in errors if isinstance(error, Stopped)), errors[0])
    return [branch.value for branch in rounds]


@dataclass(slots=True)
class Branch:
    """One of several plays side by side; an error of one lets the others end first."""

    play: Play
    call: Expected | None = None
    reply: JsonValue = None
    value: JsonValue = None
    error: Failed | Stopped | None = None
    ended: bool = False

    def advance(self) -> bool:
        """Go on to the next call; say whether there is one."""
        if self.ended:
            return False
        try:
            self.call = self.play.send(self.reply)
        except StopIteration as end:
            self.ended, self.value = True, end.value
        except (Failed, Stopped) as error:
            self.ended, self.error = True, error
        return not self.ended
