"""Every step of a directive, with those inside other steps."""

from collections.abc import Iterable, Iterator

from aifp.schemas.steps import BranchStep, ChooseStep, ParallelStep, RepeatStep, Step


def inner_steps(step: Step) -> list[list[Step]]:
    """Return the step lists inside a step."""
    match step:
        case ChooseStep():
            return [*(option.steps for option in step.options), step.else_ or []]
        case BranchStep():
            return [step.steps, step.else_ or []]
        case RepeatStep():
            return [step.steps]
        case ParallelStep():
            return step.branches
        case _:
            return []


def walk(steps: Iterable[Step], depth: int = 1) -> Iterator[tuple[Step, int]]:
    """Yield every step with its nesting depth, in reading order."""
    for step in steps:
        yield step, depth
        for inner in inner_steps(step):
            yield from walk(inner, depth + 1)


def every_step(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield each step and the steps inside it, in reading order."""
    return (step for step, _ in walk(steps))
