"""A canonical directive written in the short form, from which the same one is read again."""

from aifp.helpers.user_directives.internal.language.grammar.durations import write_duration
from aifp.helpers.user_directives.internal.language.readings.short_starts import short_starts
from aifp.helpers.user_directives.internal.language.readings.short_steps import (
    retry_text,
    short_step,
    short_steps,
)
from aifp.schemas.canonical import CanonicalDirective, CatchUpRule, Policies
from aifp.schemas.common import JsonMap

# What the short form writes as the canonical form does.
_SAME = (
    "name",
    "title",
    "description",
    "domain",
    "tags",
    "priority",
    "type",
    "enabled",
    "timezone",
    "if",
    "input",
    "vars",
    "secrets",
)


def short_form(directive: CanonicalDirective) -> JsonMap:
    """Return the map that a file would hold; its type is written, so that it stays."""
    form = directive.canonical()
    raw: JsonMap = {key: form[key] for key in _SAME if key in form}
    if directive.read:
        raw["read"] = {name: short_step(step) for name, step in directive.read.items()}
    raw |= short_starts(directive.when) | _policies(directive.policies)
    raw["steps"] = short_steps(directive.steps)
    return raw


def _policies(policies: Policies) -> JsonMap:
    written = policies.wire()
    raw: JsonMap = {key: written[key] for key in ("mode", "max") if key in written}
    for key in ("timeout", "keep"):
        if f"{key}_ms" in written:
            raw[key] = write_duration(getattr(policies, f"{key}_ms"))
    if policies.retry:
        raw["retry"] = retry_text(policies.retry)
    if "catch_up" in written:
        raw["catch_up"] = _catch_up(policies.catch_up)
    if policies.needs:
        needed = ((need.directive, write_duration(need.within_ms)) for need in policies.needs)
        raw["needs"] = [f"{name} within {within}" for name, within in needed]
    return raw | _limits(policies) | _notices(policies)


def _catch_up(rule: CatchUpRule) -> str:
    within = f" within {write_duration(rule.within_ms)}" if rule.within_ms else ""
    most = f" max {rule.max}" if rule.max is not None else ""
    return f"{rule.policy}{within}{most}"


def _limits(policies: Policies) -> JsonMap:
    raw: JsonMap = {}
    if policies.limit:
        raw["limit"] = f"{policies.limit.runs} per {write_duration(policies.limit.per_ms)}"
    if policies.approve:
        within = write_duration(policies.approve.within_ms)
        raw["approve"] = f"each run within {within} else {policies.approve.else_}"
    return raw


def _notices(policies: Policies) -> JsonMap:
    raw: JsonMap = {}
    if policies.on_failure is not None:
        raw["on_failure"] = short_steps(policies.on_failure)
    if policies.on_recovery is not None:
        raw["on_recovery"] = short_steps(policies.on_recovery)
    return raw
