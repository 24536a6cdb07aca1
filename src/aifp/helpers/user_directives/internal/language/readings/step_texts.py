"""Steps as one line each, in the string form that status views print."""

import json
import shlex
from typing import assert_never

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.grammar.durations import write_duration
from aifp.helpers.user_directives.internal.language.readings.start_texts import quoted, start_text
from aifp.schemas.common import JsonMap
from aifp.schemas.steps import (
    AskStep,
    BranchStep,
    CallStep,
    ChooseStep,
    CodeStep,
    EmitStep,
    HttpStep,
    LogStep,
    NotifyStep,
    ParallelStep,
    ReadFileStep,
    RememberStep,
    RepeatStep,
    RunStep,
    SetStep,
    StartStep,
    Step,
    StopStep,
    StopUnlessStep,
    TodoStep,
    WaitForStep,
    WaitStep,
    WorkerStep,
    WriteFileStep,
)

_Outward = HttpStep | CallStep | CodeStep | RunStep | NotifyStep
_Flow = ChooseStep | BranchStep | RepeatStep | ParallelStep | StopUnlessStep | StopStep
_Waiting = WaitStep | WaitForStep | AskStep


def step_text(step: Step) -> str:
    """Return one step as `kind: text`."""
    match step:
        case HttpStep() | CallStep() | CodeStep() | RunStep() | NotifyStep():
            return _outward(step)
        case WaitStep() | WaitForStep() | AskStep():
            return _waiting(step)
        case (
            ChooseStep()
            | BranchStep()
            | RepeatStep()
            | ParallelStep()
            | StopUnlessStep()
            | StopStep()
        ):
            return _flow(step)
        case _:
            return _inward(step)


def _outward(step: _Outward) -> str:
    match step:
        case HttpStep():
            return f"http_request: {step.method} {step.url}"
        case CallStep():
            return f"call: {step.target}{_with(step.with_)}"
        case CodeStep():
            return f"function_call: {step.function}"
        case RunStep():
            return f"command: {shlex.join([step.program, *(step.args or [])])}"
        case NotifyStep():
            return f"notify: {step.channel} {json.dumps(step.message, ensure_ascii=False)}"
        case _:
            assert_never(step)


def _waiting(step: _Waiting) -> str:
    match step:
        case WaitStep():
            return f"wait: {f'until {step.until}' if step.ms is None else write_duration(step.ms)}"
        case WaitForStep():
            starts = (": ".join(start_text(start)) for start in step.when)
            return f"wait_for: {', '.join(starts)}"
        case AskStep():
            return f"ask: {step.message}"
        case _:
            assert_never(step)


def _flow(step: _Flow) -> str:
    match step:
        case ChooseStep():
            branches = len(step.options) + (1 if step.else_ else 0)
            return f"choose: {branches} branches"
        case BranchStep():
            return f"if: {step.if_}"
        case RepeatStep():
            return f"repeat: {len(step.steps)} steps"
        case ParallelStep():
            return f"parallel: {len(step.branches)} branches"
        case StopUnlessStep() | StopStep():
            return _stop(step)
        case _:
            assert_never(step)


def _stop(step: StopUnlessStep | StopStep) -> str:
    return (
        f"stop_unless: {step.if_}" if isinstance(step, StopUnlessStep) else f"stop: {step.reason}"
    )


def _inward(
    step: SetStep
    | RememberStep
    | ReadFileStep
    | WriteFileStep
    | WorkerStep
    | EmitStep
    | StartStep
    | LogStep
    | TodoStep,
) -> str:
    match step:
        case SetStep() | RememberStep():
            return f"{step.verb}: {', '.join(sorted(step.values))}"
        case ReadFileStep() | WriteFileStep():
            return f"{step.verb}: {step.path}"
        case EmitStep() | StartStep():
            return f"{step.verb}: {step.event if isinstance(step, EmitStep) else step.directive}"
        case WorkerStep():
            return f"worker: {step.prompt}"
        case LogStep() | TodoStep():
            return f"{step.verb}: {step.message if isinstance(step, LogStep) else step.text}"
        case _:
            assert_never(step)


def _with(values: JsonMap | None) -> str:
    if not values:
        return ""
    return f" with {', '.join(f'{key}={_value(value)}' for key, value in values.items())}"


def _value(value: JsonValue) -> str:
    if isinstance(value, str):
        return quoted(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
