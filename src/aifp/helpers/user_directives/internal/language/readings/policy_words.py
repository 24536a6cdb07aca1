"""Policies as sentences for a person; what is left at its default is not said."""

from collections.abc import Iterator

from aifp.helpers.user_directives.internal.language.grammar.durations import write_duration
from aifp.helpers.user_directives.internal.language.readings.step_words import (
    retry_words,
    step_lines,
)
from aifp.schemas.canonical import CanonicalDirective, CatchUpRule, Policies

_MODES = {
    "single": "a new run is skipped",
    "restart": "the running one is cancelled and the new one starts",
    "queued": "the new one waits in a queue of at most {max}",
    "parallel": "they run side by side, at most {max}",
}


def policy_lines(policies: Policies) -> Iterator[str]:
    """Yield one sentence for each policy that is not at its default."""
    said = policies.model_fields_set
    if "mode" in said:
        yield f"When a run is still active: {_MODES[policies.mode].format(max=policies.max)}."
    if "timeout_ms" in said:
        yield f"A run may work for {write_duration(policies.timeout_ms)}."
    if policies.retry:
        yield f"A failed attempt is repeated {retry_words(policies.retry)}."
    if "catch_up" in said:
        yield f"Missed times: {_catch_up(policies.catch_up)}."
    if policies.limit:
        per = write_duration(policies.limit.per_ms)
        runs = policies.limit.runs
        yield f"At most {runs} {'run' if runs == 1 else 'runs'} in {per}."
    yield from _approval_and_needs(policies)
    yield from _reactions(policies)


def secrets_line(directive: CanonicalDirective) -> str | None:
    """Say which secrets are used, by name."""
    return f"Uses the secrets {', '.join(directive.secrets)}." if directive.secrets else None


def _catch_up(rule: CatchUpRule) -> str:
    if rule.policy == "none":
        return "none is caught up"
    within = f" of the last {write_duration(rule.within_ms)}" if rule.within_ms else ""
    if rule.policy == "last":
        return f"the newest one{within} is caught up"
    return f"the newest {rule.max or 'ones'}{within} are caught up, one after the other"


def _approval_and_needs(policies: Policies) -> Iterator[str]:
    if approve := policies.approve:
        within = write_duration(approve.within_ms)
        end = "is skipped" if approve.else_ == "skip" else "fails"
        yield f"Each run waits up to {within} for a person's approval; without it, it {end}."
    for need in policies.needs:
        within = write_duration(need.within_ms)
        yield f"Needs a success of {need.directive}, for which it waits up to {within}."


def _reactions(policies: Policies) -> Iterator[str]:
    if policies.on_failure:
        yield "When it begins to fail:"
        yield from step_lines(policies.on_failure, "   ")
    if policies.on_recovery:
        yield "When it works again:"
        yield from step_lines(policies.on_recovery, "   ")
    if "keep_ms" in policies.model_fields_set:
        yield f"Run records are kept for {write_duration(policies.keep_ms)}."
