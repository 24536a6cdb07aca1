"""Steps as numbered sentences for a person."""

from collections.abc import Iterator, Sequence

from aifp.helpers.user_directives.internal.language.grammar.durations import write_duration
from aifp.helpers.user_directives.internal.language.readings.step_texts import step_text
from aifp.schemas.steps import (
    BranchStep,
    ChooseStep,
    CodeStep,
    HttpStep,
    NotifyStep,
    ParallelStep,
    RepeatStep,
    Retry,
    RunStep,
    Step,
    StopUnlessStep,
)

_INDENT = "   "


def step_lines(steps: Sequence[Step], indent: str = "") -> Iterator[str]:
    """Yield one numbered line per step, with the steps inside it below."""
    for number, step in enumerate(steps, 1):
        yield f"{indent}{number}. {_sentence(step)}{_conditions(step)}"
        for title, inner in _inside(step):
            if title:
                yield f"{indent}{_INDENT}{title}:"
            yield from step_lines(inner, indent + _INDENT * 2)


def retry_words(retry: Retry) -> str:
    """Say how often and after what a failed attempt is repeated."""
    times = "once" if retry.times == 1 else f"up to {retry.times} times"
    first, longest = write_duration(retry.after_ms), write_duration(retry.max_ms)
    return f"{times}, first after {first}, then {retry.factor} times longer, at most {longest}"


def _sentence(step: Step) -> str:
    named = f"{step.id}: " if step.id else ""
    match step:
        case HttpStep():
            via = f" over the connection {step.via}" if step.via else ""
            login = f" with the secret {step.auth.secret}" if step.auth else ""
            return f"{named}HTTP {step.method} {step.url}{via}{login}"
        case NotifyStep():
            return f'{named}tell {step.channel}: "{step.message}"'
        case CodeStep():
            return f"{named}run the function {step.function} in the sandbox"
        case RunStep():
            return f"{named}run the program {step_text(step).removeprefix('command: ')}"
        case _:
            return named + step_text(step).replace(": ", " ", 1)


def _conditions(step: Step) -> str:
    said: list[str] = []
    if step.if_ and not isinstance(step, BranchStep | StopUnlessStep):
        said.append(f"only if {step.if_}")
    if step.needs is not None:
        said.append(f"after {', '.join(step.needs)}" if step.needs else "at once")
    if step.retry:
        said.append(f"repeated {retry_words(step.retry)}" if step.retry.times else "never repeated")
    if step.on_error == "continue":
        said.append("a failure does not stop the run")
    if step.save_as:
        said.append(f"kept as {step.save_as}")
    return f" ({'; '.join(said)})" if said else ""


def _inside(step: Step) -> list[tuple[str, Sequence[Step]]]:
    """Return the lists of steps inside a step, each with its title."""
    match step:
        case ChooseStep():
            options = [(f"if {option.if_}", option.steps) for option in step.options]
            return [*options, *_otherwise(step.else_)]
        case BranchStep():
            return [("then", step.steps), *_otherwise(step.else_)]
        case RepeatStep():
            return [(_how_often(step), step.steps)]
        case ParallelStep():
            return [(f"branch {n}", branch) for n, branch in enumerate(step.branches, 1)]
        case _:
            return []


def _otherwise(steps: Sequence[Step] | None) -> list[tuple[str, Sequence[Step]]]:
    return [("otherwise", steps)] if steps else []


def _how_often(step: RepeatStep) -> str:
    if step.count is not None:
        return f"{step.count} times"
    if step.while_ or step.until:
        word, test = ("while", step.while_) if step.while_ else ("until", step.until)
        return f"{word} {test}, at most {step.max} times"
    return f"for each of {step.each}, at most {step.max}"
