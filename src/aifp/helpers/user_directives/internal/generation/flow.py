"""The steps that steer: choose, branch, repeat, stop and stop_unless."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from aifp.helpers.user_directives.internal.generation.growth import Scope, rendered, tested
from aifp.helpers.user_directives.internal.generation.layout import (
    STEP,
    Call,
    Literal,
    flat,
    layout,
    statement,
)
from aifp.helpers.user_directives.internal.language.mentions import step_paths
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.steps import (
    BranchStep,
    ChooseStep,
    RepeatStep,
    Step,
    StopStep,
    StopUnlessStep,
)

FlowStep = ChooseStep | BranchStep | RepeatStep | StopStep | StopUnlessStep
Block = Callable[[Sequence[Step], Scope], list[str]]


def flow_lines(step: FlowStep, scope: Scope, block: Block) -> list[str]:
    """Write a steering step and the steps inside it."""
    match step:
        case ChooseStep():
            branches = [(option.if_, option.steps) for option in step.options]
            return _alternatives(branches, step.else_, scope, block)
        case BranchStep():
            return _alternatives([(_needed(step), step.steps)], step.else_, scope, block)
        case RepeatStep():
            return _repeat(step, scope, block)
        case StopStep():
            return statement("", _stop(step.reason, step.error), scope.indent)
        case StopUnlessStep():
            condition = _needed(step)
            reason = f"stopped because this is not true: {condition}"
            head = _guard("if not ", condition, scope)
            return [*head, *statement("", _stop(reason, step.error), scope.indent + 1)]


def guarded(condition: str, scope: Scope) -> list[str]:
    """Write the `if` line of a condition."""
    return _guard("if ", condition, scope)


def _guard(prefix: str, condition: str, scope: Scope) -> list[str]:
    test = layout(tested(condition, scope), scope.indent, len(prefix), 1)
    return f"{STEP * scope.indent}{prefix}{test}:".split("\n")


def _needed(step: BranchStep | StopUnlessStep) -> str:
    if step.if_ is None:
        raise InvalidArgument(f"A step `{step.verb}` needs a condition in `if`.")
    return step.if_


def _stop(reason: str, error: bool) -> Call:  # noqa: FBT001
    keywords = (("error", Literal(True)),) if error else ()
    return Call("ctx.stop", (Literal(reason),), keywords)


def _alternatives(
    branches: list[tuple[str, list[Step]]], last: list[Step] | None, scope: Scope, block: Block
) -> list[str]:
    lines: list[str] = []
    for number, (condition, steps) in enumerate(branches):
        lines += _guard("elif " if number else "if ", condition, scope)
        lines += block(steps, scope.deeper())
    if last:
        lines += [STEP * scope.indent + "else:", *block(last, scope.deeper())]
    return lines


def _repeat(step: RepeatStep, scope: Scope, block: Block) -> list[str]:
    collects = step.save_as is not None
    inner = replace(scope, repeating=True, finish="append" if collects else None).deeper()
    head, first, last = _loop(step, scope, inner)
    named = any(path[0] == "item" for path in step_paths(step))
    lines = [f"{STEP * scope.indent}for {'item' if named else '_'} in {head}:"]
    lines += [*first, *block(step.steps, inner), *last]
    if not collects:
        return lines
    name = f'ctx.vars["{step.save_as}"]'
    before = f"{STEP * scope.indent}results: list[object] = []"
    return [before, *lines, f"{STEP * scope.indent}{name} = results"]


def _loop(step: RepeatStep, scope: Scope, inner: Scope) -> tuple[str, list[str], list[str]]:
    if step.count is not None:
        return f"range(1, {step.count + 1})", [], []
    if step.each is not None:
        values = flat(rendered(step.each, scope))
        scope.growth.helpers.add("effect_each")
        return f"effect_each(ctx, {values}, {step.max})", [], []
    head = f"range(1, {step.max + 1})"
    stop = _stop(f"the loop is not done after {step.max} passes", error=True)
    pad = STEP * scope.indent
    end = [f"{pad}else:", *statement("", stop, scope.indent + 1)]
    leave = f"{STEP * (inner.indent + 1)}break"
    if step.while_ is not None:
        return head, [*_guard("if not ", step.while_, inner), leave], end
    if step.until is None:
        raise InvalidArgument("A step `repeat` needs one of count, each, while and until.")
    return head, [], [*_guard("if ", step.until, inner), leave, *end]
