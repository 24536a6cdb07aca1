"""Read a canonical directive back to a person: in sentences, in one line, and as next times."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from aifp.helpers.user_directives.internal.language.due.next_due import due_times_of
from aifp.helpers.user_directives.internal.language.readings.policy_words import (
    policy_lines,
    secrets_line,
)
from aifp.helpers.user_directives.internal.language.readings.start_texts import start_text
from aifp.helpers.user_directives.internal.language.readings.start_words import start_words
from aifp.helpers.user_directives.internal.language.readings.step_texts import step_text
from aifp.helpers.user_directives.internal.language.readings.step_words import step_lines
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.starts import Start
from aifp.schemas.steps import Step

MANUAL = "manual"
_LONGEST_LINE = 200
_CUT = "..."
_FOREVER = datetime(2200, 1, 1, tzinfo=UTC)


def describe(directive: CanonicalDirective) -> str:
    """Say in plain sentences what a directive waits for, what it does and under which rules."""
    return "\n".join(_lines(directive))


def next_three(directive: CanonicalDirective, after: datetime) -> list[datetime]:
    """Return the next three due times of a directive, fewer when no more come."""
    return due_times_of(directive, after, _FOREVER, 3)


def trigger_text(starts: Sequence[Start]) -> str:
    """Return all starts in one line of string form, such as `time: 18:00`."""
    return _one_line(": ".join(start_text(start)) for start in starts) or MANUAL


def action_text(steps: Sequence[Step]) -> str:
    """Return all steps in one line of string form, such as `http_request: POST /lights/on`."""
    return _one_line(map(step_text, steps))


def _lines(directive: CanonicalDirective) -> Iterator[str]:
    yield f"{directive.title or directive.name} ({directive.type}, time zone {directive.timezone})"
    if directive.description:
        yield directive.description
    yield from _starts(directive.when)
    if directive.read:
        yield f"Before the condition is tested it reads {', '.join(directive.read)}:"
        yield from step_lines(list(directive.read.values()), "   ")
    if directive.if_:
        yield f"Only if {directive.if_}."
    yield from _inputs(directive)
    yield "Does, in this order:"
    yield from step_lines(directive.steps)
    yield from policy_lines(directive.policies)
    if secrets := secrets_line(directive):
        yield secrets
    if not directive.enabled:
        yield "It is loaded as paused."


def _starts(starts: Sequence[Start]) -> Iterator[str]:
    if not starts:
        yield "Starts only by hand."
    elif len(starts) == 1:
        yield f"Starts {start_words(starts[0])}."
    else:
        yield "Starts at each of these:"
        yield from (f"- {start_words(start)}" for start in starts)


def _inputs(directive: CanonicalDirective) -> Iterator[str]:
    for name, field in directive.input.items():
        default = "required" if field.default is None else f"otherwise {json.dumps(field.default)}"
        yield f"Takes the input {name}: {field.type}, {default}."


def _one_line(texts: Iterable[str]) -> str:
    line = " ".join("; ".join(texts).split())
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - len(_CUT)] + _CUT
