"""Every step as the short form writes it: a verb with its main value, and what stands beside."""

from collections.abc import Sequence

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.grammar.durations import write_duration
from aifp.helpers.user_directives.internal.language.readings.short_starts import on_text
from aifp.schemas.common import JsonMap
from aifp.schemas.steps import (
    NO_RETRY,
    AskStep,
    BranchStep,
    ChooseStep,
    HttpStep,
    Option,
    ParallelStep,
    RepeatStep,
    Retry,
    Step,
    StopUnlessStep,
    WaitForStep,
    WaitStep,
)

# The field that stands right after the verb.
_MAINS = {
    "call": "target",
    "code": "function",
    "run": "program",
    "notify": "channel",
    "set": "values",
    "remember": "values",
    "read_file": "path",
    "write_file": "path",
    "worker": "prompt",
    "emit": "event",
    "start": "directive",
    "stop": "reason",
    "ask": "message",
    "log": "message",
    "todo": "text",
}
_LOOPS = ("count", "each", "while", "until", "max")


def short_steps(steps: Sequence[Step]) -> list[JsonValue]:
    """Return steps in their order."""
    return [short_step(step) for step in steps]


def short_step(step: Step) -> JsonMap:
    """Return one step as a map."""
    fields = step.wire()
    verb = str(fields.pop("verb"))
    if step.timeout_ms is not None:
        fields["timeout"] = write_duration(step.timeout_ms)
    if step.retry is not None:
        fields["retry"] = retry_text(step.retry)
    main = _main(step, verb, fields)
    gone = {"timeout_ms", "within_ms"}
    return main | {key: value for key, value in fields.items() if key not in gone}


def retry_text(retry: Retry) -> str:
    """Return how something is repeated as one text."""
    if retry == NO_RETRY:
        return "none"
    after, most = write_duration(retry.after_ms), write_duration(retry.max_ms)
    return f"{retry.times} times after {after} x {retry.factor} up to {most}"


def _main(step: Step, verb: str, fields: JsonMap) -> JsonMap:
    """Return what the verb says, and take it out of the fields."""
    match step:
        case HttpStep():
            return {"http": f"{fields.pop('method')} {fields.pop('url')}"}
        case WaitStep():
            fields.pop("ms", None)
            until = fields.pop("until", None)
            return {"wait": f"until {until}" if until else write_duration(step.ms or 0)}
        case WaitForStep():
            del fields["when"]
            return {
                "wait_for": [on_text(start) for start in step.when],
                "timeout": write_duration(step.within_ms),
            }
        case AskStep():
            within = write_duration(step.within_ms)
            return {"ask": fields.pop("message"), "within": within}
        case _:
            return _flow(step, verb, fields)


def _flow(step: Step, verb: str, fields: JsonMap) -> JsonMap:
    match step:
        case ChooseStep():
            del fields["options"]
            last: list[JsonValue] = []
            if fields.pop("else", None):
                last = [{"else": short_steps(step.else_ or [])}]
            return {"choose": [*map(_option, step.options), *last]}
        case BranchStep():
            del fields["steps"]
            if step.else_:
                fields["else"] = short_steps(step.else_)
            return {"do": short_steps(step.steps)}
        case RepeatStep():
            del fields["steps"]
            loop = {key: fields.pop(key) for key in _LOOPS if key in fields}
            return {"repeat": loop, "do": short_steps(step.steps)}
        case ParallelStep():
            del fields["branches"]
            return {"parallel": [short_steps(branch) for branch in step.branches]}
        case StopUnlessStep():
            return {"stop_unless": fields.pop("if", None)}
        case _:
            return {verb: fields.pop(_MAINS[verb])}


def _option(option: Option) -> JsonValue:
    return {"if": option.if_, "do": short_steps(option.steps)}
