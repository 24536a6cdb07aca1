"""Which `webhook` or `api` start a request means."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from aifp.schemas.starts import ApiStart, WebhookStart
from aifp.server.engine.starting.plans import Plan, Plans

HookStart = ApiStart | WebhookStart


@dataclass(frozen=True, slots=True)
class Target:
    """A start of a directive, and what the path said."""

    plan: Plan
    start: HookStart
    path: dict[str, str]


def find_target(plans: Plans, method: str, path: str) -> Target | None:
    """Return the start that serves a method and path; literal segments go before inputs."""
    found = list(_targets(plans, method, path))
    return min(found, key=lambda target: len(target.path), default=None)


def allowed_methods(plans: Plans, path: str) -> list[str]:
    """Return the methods under which a path is served."""
    methods = ("POST", "PUT", "PATCH", "DELETE")
    return [method for method in methods if find_target(plans, method, path)]


def _targets(plans: Plans, method: str, path: str) -> Iterator[Target]:
    for plan in plans:
        for _, hook in plan.starts(WebhookStart):
            if method == "POST" and path == f"/{hook.id}":
                yield Target(plan, hook, {})
        for _, api in plan.starts(ApiStart):
            if api.method == method and (found := _match(api.path, path)) is not None:
                yield Target(plan, api, found)


def _match(pattern: str, path: str) -> dict[str, str] | None:
    wanted, given = pattern.strip("/").split("/"), path.strip("/").split("/")
    if len(wanted) != len(given):
        return None
    inputs: dict[str, str] = {}
    for segment, text in zip(wanted, given, strict=True):
        if segment.startswith("{") and segment.endswith("}"):
            inputs[segment[1:-1]] = unquote(text)
        elif segment != text:
            return None
    return inputs if all(inputs.values()) else None
