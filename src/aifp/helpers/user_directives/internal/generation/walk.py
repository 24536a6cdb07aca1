"""Every step of a directive, with those inside other steps."""

from collections.abc import Iterator, Sequence

from aifp.schemas.steps import BranchStep, ChooseStep, ParallelStep, RepeatStep, Step


def every_step(steps: Sequence[Step]) -> Iterator[Step]:
    """Yield each step and the steps inside it, in reading order."""
    for step in steps:
        yield step
        for inside in _inside(step):
            yield from every_step(inside)


def _inside(step: Step) -> list[list[Step]]:
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
