"""Canonical steps become the statements of a function."""

from collections.abc import Sequence
from dataclasses import replace

from aifp.helpers.user_directives.internal.generation.branches import (
    parallel_lines,
    side_by_side,
    waves,
)
from aifp.helpers.user_directives.internal.generation.effects import (
    Effect,
    EffectStep,
    assigned,
    effect_of,
)
from aifp.helpers.user_directives.internal.generation.flow import (
    FlowStep,
    flow_lines,
    guarded,
)
from aifp.helpers.user_directives.internal.generation.growth import HANDED, Scope, rendered
from aifp.helpers.user_directives.internal.generation.layout import (
    STEP,
    WIDTH,
    Call,
    Expression,
    Raw,
    doc_text,
    flat,
    statement,
    text_literal,
)
from aifp.helpers.user_directives.internal.generation.refusals import refuse_unwritable
from aifp.helpers.user_directives.internal.language.mentions import step_paths
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.steps import (
    BranchStep,
    CodeStep,
    HttpStep,
    ParallelStep,
    Retry,
    SetStep,
    Step,
    StopUnlessStep,
)

CONDITION_IS_THE_STEP = (BranchStep, StopUnlessStep)


def block(steps: Sequence[Step], scope: Scope) -> list[str]:
    """Write steps in order; where `needs` leaves them free, side by side."""
    groups = waves(steps) if any(s.needs is not None for s in steps) else [[s] for s in steps]
    lines: list[str] = []
    for number, group in enumerate(groups):
        here = scope if number == len(groups) - 1 else replace(scope, finish=None)
        if len(group) == 1:
            lines += _step(group[0], here)
        else:
            free = [[step.model_copy(update={"needs": None})] for step in group]
            lines += side_by_side(free, here, block)
    return lines or [f"{STEP * scope.indent}pass"]


def _step(step: Step, scope: Scope) -> list[str]:
    """Write one step: its condition, what an error does, and the step itself."""
    refuse_unwritable(step)
    guard = None if isinstance(step, CONDITION_IS_THE_STEP) else step.if_
    inner = scope.deeper() if guard else scope
    lines = _caught(step, inner) if step.on_error == "continue" else _core(step, inner)
    return [*guarded(guard, scope), *lines] if guard else lines


def _caught(step: Step, scope: Scope) -> list[str]:
    pad = STEP * scope.indent
    name = text_literal(f"{step.id or step.verb} failed, going on: ")[1:-1]
    note = Raw(f'f"{name}{{error}}"')
    log = Call(scope.host("log"), (Raw('"warning"'), note))
    return [
        f"{pad}try:",
        *_core(step, scope.deeper()),
        f"{pad}except Exception as error:",
        *statement("", log, scope.indent + 1),
    ]


def _core(step: Step, scope: Scope) -> list[str]:
    match step:
        case SetStep():
            made = assigned("ctx.vars", step.values, scope)
            return [line for p, value in made for line in statement(p, value, scope.indent)]
        case ParallelStep():
            return parallel_lines(step, scope, block)
        case CodeStep():
            return _value(step, _code_call(step, scope), scope)
        case _ if isinstance(step, EffectStep):
            return _value(step, Raw(_effect_call(step, scope)), scope)
        case _ if isinstance(step, FlowStep):
            return flow_lines(step, scope, block)
        case _:
            raise InvalidArgument(f"There is no code for the verb `{step.verb}`.")


def _value(step: Step, expression: Expression, scope: Scope) -> list[str]:
    """Write what becomes of a step's value: kept in vars, in steps, collected or dropped."""
    targets = [f"ctx.vars[{text_literal(step.save_as)}]"] if step.save_as else []
    if step.id in scope.growth.read_ids:
        targets.append(f"steps[{text_literal(str(step.id))}]")
    made = _retried(step, expression, scope)
    if scope.finish is None or targets:
        prefix = "".join(f"{target} = " for target in targets)
        lines = statement(prefix, made, scope.indent)
        return lines + _finished(Raw(targets[0]), scope) if scope.finish else lines
    return _finished(made, scope)


def _finished(expression: Expression, scope: Scope) -> list[str]:
    if scope.finish == "return":
        return statement("return ", expression, scope.indent)
    return statement("", Call("results.append", (expression,)), scope.indent)


def _retried(step: Step, expression: Expression, scope: Scope) -> Expression:
    """Write the repetition of a step after an error; for http the host does it."""
    if step.retry is None or isinstance(step, HttpStep):
        return expression
    helper = "effect_retry_branch" if scope.asynchronous else "effect_retry"
    scope.growth.helpers.add(helper)
    again = Raw("lambda: " + flat(expression).removeprefix("await "))
    awaited = f"await {helper}" if scope.asynchronous else helper
    return Call(awaited, (Raw("ctx"), Raw(str(delays(step.retry))), again))


def delays(retry: Retry) -> tuple[float, ...]:
    """Return the seconds before each repetition."""
    raw = (retry.after_ms * retry.factor**n for n in range(retry.times))
    return tuple(round(min(ms, retry.max_ms) / 1000, 3) for ms in raw)


def _code_call(step: CodeStep, scope: Scope) -> Expression:
    signature = scope.growth.functions[step.function]
    scope.growth.imports.add((signature.module, step.function))
    ctx = (Raw("ctx"),) if signature.wants_ctx else ()
    arguments = tuple(rendered(value, scope) for value in step.args or [])
    keywords = tuple((key, rendered(value, scope)) for key, value in (step.with_ or {}).items())
    if not all(key.isidentifier() for key, _ in keywords):
        raise InvalidArgument(f"`with` of code: {step.function} needs keys that are Python names.")
    return Call(step.function, ctx + arguments, keywords)


def _effect_call(step: EffectStep, scope: Scope) -> str:
    top = replace(scope, indent=1)
    effect = effect_of(step, top)
    name = scope.growth.name(f"effect_{effect.wish}")
    handed = scope.handed(step_paths(step))
    scope.growth.sources.append(_effect_source(name, effect, handed, top))
    awaited = "await " if scope.asynchronous else ""
    return f"{awaited}{name}({', '.join(['ctx', *handed])})"


def _effect_source(name: str, effect: Effect, handed: list[str], scope: Scope) -> str:
    word = "async def" if scope.asynchronous else "def"
    parameters = ", ".join(["ctx: Ctx", *(f"{n}: {HANDED[n]}" for n in handed)])
    lines = [f"{word} {name}({parameters}) -> {effect.returns}:"]
    lines.append(f'{STEP}"""{doc_text(effect.says, WIDTH - 10)}"""')
    for prefix, expression in effect.statements:
        lines += statement(prefix, expression, scope.indent)
    return "\n".join(lines)
