"""What a directive may say that this version cannot run; each is refused by name."""

from collections.abc import Callable, Sequence
from functools import partial

from aifp.helpers.user_directives.internal.language.forms.checks import is_shell
from aifp.helpers.user_directives.internal.language.mentions import has_template
from aifp.helpers.user_directives.internal.language.nested_steps import every_step
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.errors import InvalidArgument, Unavailable
from aifp.schemas.steps import (
    BranchStep,
    CallStep,
    ChooseStep,
    HttpStep,
    ParallelStep,
    RepeatStep,
    RunStep,
    Step,
    StopStep,
    StopUnlessStep,
)

LATER_VERBS = frozenset({"worker", "emit", "start", "wait_for", "ask"})
LATER_STARTS = frozenset({"mqtt", "ha"})
COMPOSITE = (ChooseStep, BranchStep, RepeatStep, ParallelStep, StopStep, StopUnlessStep)


def refuse_unwritable(step: Step) -> None:
    """Refuse a step that this version has no code for, with the reason and the mend."""
    name = f"Step {step.id}" if step.id else f"A step `{step.verb}`"
    _refuse_later_verb(name, step)
    if step.verb == "todo":
        raise InvalidArgument(f"{name} is still free text: answer its question q.action first.")
    if isinstance(step, RunStep):
        _refuse_unsafe(name, step)
    if step.timeout_ms is not None and not isinstance(step, HttpStep):
        raise Unavailable(
            f"{name} has a timeout of its own, which works on `http` steps so far; use the "
            "directive's `timeout`."
        )
    if isinstance(step, COMPOSITE) and step.retry is not None:
        raise Unavailable(f"{name} has `retry`; put it on the steps inside, or on the directive.")
    if isinstance(step, ChooseStep | BranchStep) and step.save_as:
        raise InvalidArgument(f"{name} has no value to save; put `save_as` on the steps inside.")


def _refuse_later_verb(name: str, step: Step) -> None:
    """Refuse what a later version can do: some verbs, and all that goes through connections."""
    if step.verb in LATER_VERBS:
        raise Unavailable(
            f"{name} uses the verb `{step.verb}`, which comes with a later version of aifp."
        )
    if isinstance(step, CallStep) and step.tool is None:
        raise Unavailable(
            f"{name} calls {step.target}, a service of a connection; connections come with a later "
            "version of aifp. A tool of the project is called by its name: `call: tool.NAME`."
        )
    if isinstance(step, HttpStep) and (step.via or step.url.startswith("/")):
        raise Unavailable(
            f"{name} goes through a connection ({step.method} {step.url}); connections come with "
            "a later version of aifp. Write the whole address, such as https://host/path."
        )


def _refuse_unsafe(name: str, step: RunStep) -> None:
    """Refuse values in the text of a shell, and secrets that every program could read."""
    if is_shell(step.program) and any(map(has_template, _script(step.args or []))):
        raise InvalidArgument(
            f"{name} puts a value into the text of a shell, where it could become a command. "
            """Write args: [-c, 'echo "$1"', sh, '{{ input.x }}'] instead."""
        )
    if any(isinstance(value, dict) for value in (step.env or {}).values()):
        raise Unavailable(f"{name} hands a secret to a program, which comes with a later version.")


def _script(args: Sequence[str]) -> Sequence[str]:
    """Return the arguments that a shell may read as its text: all up to the one after `-c`."""
    return args[: args.index("-c") + 2] if "-c" in args else args


def refuse_later(directive: CanonicalDirective) -> None:
    """Refuse what this version can neither notice nor read, whoever writes the code."""
    refuse_unnoticed(directive)
    refuse_unreadable(directive)


def refuse_unnoticed(directive: CanonicalDirective) -> None:
    """Refuse a start that nothing would ever fire."""
    for start in directive.when:
        if start.kind in LATER_STARTS:
            raise Unavailable(
                f"{directive.name} starts by `{start.kind}`, which comes with a later version of "
                "aifp."
            )


def refuse_unreadable(directive: CanonicalDirective) -> None:
    """Refuse a `read` that the engine cannot make before it tests a condition."""
    for name, step in directive.read.items():
        if not isinstance(step, HttpStep) or step.via or step.method not in ("GET", "HEAD"):
            raise Unavailable(
                f"read.{name} uses `{step.verb}`; so far a value is read with `http: GET` and a "
                "whole address."
            )


def later_notes(directive: CanonicalDirective) -> list[str]:
    """Return a warning for each start, read and step that this version cannot implement."""
    steps = (s for entry in all_entry_steps(directive) for s in every_step(entry))
    checks: list[Callable[[], None]] = [
        partial(refuse_unnoticed, directive),
        partial(refuse_unreadable, directive),
        *(partial(refuse_unwritable, step) for step in steps),
    ]
    return [note for check in checks if (note := _refusal(check))]


def _refusal(check: Callable[[], None]) -> str | None:
    try:
        check()
    except (Unavailable, InvalidArgument) as refusal:
        return str(refusal)
    return None


def all_entry_steps(directive: CanonicalDirective) -> list[list[Step]]:
    """Return the step lists of a directive: the run, and what follows failures."""
    policies = directive.policies
    return [directive.steps, policies.on_failure or [], policies.on_recovery or []]
