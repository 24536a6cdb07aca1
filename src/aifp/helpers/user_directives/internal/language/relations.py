"""How directives touch one another: the same plan, the same endpoint, one after another."""

import json
import re
from collections.abc import Iterable, Iterator

from aifp.helpers.user_directives.internal.language.nested_steps import walk
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.reading import Others
from aifp.schemas.starts import ApiStart, RunStart, WebhookStart
from aifp.schemas.steps import StartStep, Step

_INPUT = re.compile(r"\{[^{}]*\}")


def others_of(directives: Iterable[CanonicalDirective], *, complete: bool = False) -> Others:
    """Return what the directives of a project do, as far as others may get in their way."""
    plans: dict[str, str] = {}
    endpoints: dict[str, str] = {}
    after: dict[str, list[str]] = {}
    for directive in directives:
        plans.setdefault(plan_of(directive), directive.name)
        for endpoint in endpoints_of(directive):
            endpoints.setdefault(endpoint, directive.name)
        for later, earlier in _order(directive):
            after.setdefault(later, []).append(earlier)
    return Others(plans=plans, endpoints=endpoints, after=after, complete=complete)


def with_directive(others: Others, directive: CanonicalDirective) -> Others:
    """Return what is known with one directive more."""
    more = others_of([directive])
    update = {
        "plans": {**more.plans, **others.plans},
        "endpoints": {**more.endpoints, **others.endpoints},
        "after": joined(others.after, directive),
    }
    return others.model_copy(update=update)


def plan_of(directive: CanonicalDirective) -> str:
    """Return starts and steps as one text; two directives with the same one do the same."""
    form = directive.canonical()
    return json.dumps([form["when"], form["steps"]], sort_keys=True, ensure_ascii=False)


def endpoints_of(directive: CanonicalDirective) -> list[str]:
    """Return the endpoints under /hooks; inputs of the same place serve the same requests."""
    found: list[str] = []
    for start in directive.when:
        if isinstance(start, WebhookStart):
            found.append(f"POST /{start.id}")
        if isinstance(start, ApiStart):
            found.append(f"{start.method} {_INPUT.sub('{}', start.path)}")
    return found


def joined(after: dict[str, list[str]], directive: CanonicalDirective) -> dict[str, list[str]]:
    """Return which directive comes after which, with what one more says about it."""
    found = {**after}
    for later, earlier in _order(directive):
        found[later] = [*found.get(later, []), earlier]
    return found


def named_directives(directive: CanonicalDirective) -> list[str]:
    """Return the directives that one names: needed, waited for, or started."""
    started = [step.directive for step in _starting(directive)]
    return [*_earlier(directive), *started]


def cycle_through(name: str, after: dict[str, list[str]]) -> list[str]:
    """Return the shortest way from a directive back to itself, empty when there is none."""
    ways = [[name]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for earlier in after.get(way[-1], []):
            if earlier == name:
                return way
            if earlier not in seen:
                seen.add(earlier)
                ways.append([*way, earlier])
    return []


def _order(directive: CanonicalDirective) -> Iterator[tuple[str, str]]:
    """Yield pairs of a directive and one that it comes after."""
    for earlier in _earlier(directive):
        yield directive.name, earlier
    for step in _starting(directive):
        yield step.directive, directive.name


def _earlier(directive: CanonicalDirective) -> list[str]:
    needed = [need.directive for need in directive.policies.needs]
    return [*needed, *(s.directive for s in directive.when if isinstance(s, RunStart))]


def _starting(directive: CanonicalDirective) -> Iterator[StartStep]:
    for step, _ in walk(_all_steps(directive)):
        if isinstance(step, StartStep):
            yield step


def _all_steps(directive: CanonicalDirective) -> list[Step]:
    policies = directive.policies
    return [*directive.steps, *(policies.on_failure or []), *(policies.on_recovery or [])]
