"""Steps side by side: `parallel`, and `steps` whose `needs` leave them free."""

from collections.abc import Sequence
from dataclasses import replace

from aifp.helpers.user_directives.internal.generation.flow import Block
from aifp.helpers.user_directives.internal.generation.growth import Scope
from aifp.helpers.user_directives.internal.generation.layout import STEP, Call, Raw, layout
from aifp.helpers.user_directives.internal.generation.names import short_name
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.steps import ParallelStep, Step


def parallel_lines(step: ParallelStep, scope: Scope, block: Block) -> list[str]:
    """Write the branches as local functions and start them together."""
    target = f'ctx.vars["{step.save_as}"] = ' if step.save_as else ""
    return side_by_side(step.branches, scope, block, target)


def side_by_side(
    branches: Sequence[Sequence[Step]], scope: Scope, block: Block, target: str = ""
) -> list[str]:
    """Write one local async function for each branch, and the call that runs them all."""
    pad = STEP * scope.indent
    finish = "return" if target else None
    inner = replace(scope, asynchronous=True, finish=finish).deeper()
    lines: list[str] = [""]
    names: list[str] = []
    for branch in branches:
        name = scope.growth.name(short_name(branch[0].id or f"{branch[0].verb} branch"))
        names.append(name)
        returns = "object" if target else "None"
        lines += [f"{pad}async def {name}() -> {returns}:", *block(branch, inner), ""]
    return [*lines, f"{pad}{target}{_together(names, scope)}"]


def waves(steps: Sequence[Step]) -> list[list[Step]]:
    """Group the steps of a plan: each group starts when everything before it is done."""
    places = {step.id: number for number, step in enumerate(steps) if step.id}
    before = [_before(step, number, places) for number, step in enumerate(steps)]
    done: set[int] = set()
    groups: list[list[Step]] = []
    while len(done) < len(steps):
        free = [n for n in range(len(steps)) if n not in done and done.issuperset(before[n])]
        if not free:
            raise InvalidArgument("The steps need each other in a circle.")
        groups.append([steps[n] for n in free])
        done.update(free)
    return groups


def _before(step: Step, number: int, places: dict[str, int]) -> list[int]:
    if step.needs is None:
        return [number - 1] if number else []
    return [places[name] for name in step.needs]


def _together(names: list[str], scope: Scope) -> str:
    return layout(Call(scope.host("branches"), (Raw(f"[{', '.join(names)}]"),)), scope.indent)
