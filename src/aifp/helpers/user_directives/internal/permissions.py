"""What the code of a directive may do: read from its steps and from the literals in its code."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.code_rules.literals import HostUse, host_uses
from aifp.helpers.user_directives.internal.dependency_detection import all_steps
from aifp.helpers.user_directives.internal.generation.addresses import TEMPLATE
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from aifp.schemas.releases import Permission
from aifp.schemas.steps import (
    CallStep,
    HttpStep,
    NotifyStep,
    ReadFileStep,
    RememberStep,
    RunStep,
    Step,
    WriteFileStep,
)
from aifp.schemas.words import Resource

STATE_MB = 1
PORTS = {"http": 80, "https": 443}
LOCAL_NAMES = (".local", ".localhost", ".lan", ".internal", ".home.arpa")
Wanted = tuple[Resource, JsonMap]
Place = tuple[str, int, str]


def permissions_of(directive: CanonicalDirective, modules: Mapping[str, str]) -> list[Permission]:
    """Return every permission a directive and its code ask for, sorted."""
    wanted = [want for step in all_steps(directive) for want in _of_step(step)]
    methods: dict[Place, set[str]] = {}
    for step in all_steps(directive):
        if isinstance(step, HttpStep):
            _add_host(methods, step.url, step.method)
    return _gathered(wanted, methods, modules)


def permissions_of_code(modules: Mapping[str, str]) -> list[Permission]:
    """Return every permission that code asks for by itself, sorted; a tool has nothing else."""
    return _gathered([], {}, modules)


def _gathered(
    wanted: list[Wanted], methods: dict[Place, set[str]], modules: Mapping[str, str]
) -> list[Permission]:
    for use in (use for source in modules.values() for use in host_uses(source)):
        wanted += _of_use(use)
        if use.function == "http" and use.target and use.method:
            _add_host(methods, use.target, use.method)
    wanted += [_host(place, sorted(used)) for place, used in methods.items()]
    unique = {
        _key(resource, value): Permission(resource=resource, value=value)
        for resource, value in wanted
    }
    return [unique[key] for key in sorted(unique)]


def is_private(host: str) -> bool:
    """Say whether a host's name or address is that of this machine or the local network."""
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        name = host.lower().rstrip(".")
        return name == "localhost" or "." not in name or name.endswith(LOCAL_NAMES)


def _of_step(step: Step) -> Iterator[Wanted]:
    match step:
        case HttpStep():
            yield from _bound(_secrets(step.wire()), _glob(step.url))
            if step.file is not None:
                yield "file_read", {"path": _glob(step.file)}
        case RunStep():
            yield "command", _command(step)
        case CallStep(tool=str(name)):
            yield "tool", {"name": name}
        case NotifyStep():
            yield "notify", {"channel": step.channel}
        case ReadFileStep() | WriteFileStep():
            resource: Resource = "file_read" if step.verb == "read_file" else "file_write"
            yield resource, {"path": _glob(step.path)}
        case RememberStep():
            yield "state_mb", {"mb": STATE_MB}
        case _:
            pass


def _of_use(use: HostUse) -> Iterator[Wanted]:
    if use.function == "state":
        yield "state_mb", {"mb": STATE_MB}
    elif use.target is None:
        return
    elif use.function == "command":
        args: list[JsonValue] = [*use.arguments]
        named: list[JsonValue] = [*use.variables]
        yield "command", {"program": use.target, "args": args, "cwd": use.folder, "env": named}
    elif use.function == "notify":
        yield "notify", {"channel": use.target}
    elif use.function == "tool":
        yield from _tool(use.target)
    elif use.function == "file":
        resource: Resource = "file_write" if use.method in {"write", "append"} else "file_read"
        yield resource, {"path": use.target}
    elif use.function == "http":
        yield from _bound(use.secrets, use.target)


def _tool(name: str) -> Iterator[Wanted]:
    """Yield the permission to call one tool; a name with a computed part is none anybody knows."""
    if "*" not in name:
        yield "tool", {"name": name}


def _command(step: RunStep) -> JsonMap:
    args: list[JsonValue] = [*(step.args or [])]
    named: list[JsonValue] = [*sorted(step.env or {})]
    return {"program": step.program, "args": args, "cwd": step.cwd or "", "env": named}


def _bound(names: Iterable[str], url: str) -> Iterator[Wanted]:
    """Yield the permission to send each secret to the host of an address, and nowhere else."""
    host = _literal_host(url)
    for name in names:
        if host:
            yield "secret", {"name": name, "host": host}


def _secrets(value: JsonValue) -> set[str]:
    """Return the names under `secret` anywhere in a step."""
    if isinstance(value, list):
        return {name for part in value for name in _secrets(part)}
    if not isinstance(value, dict):
        return set()
    own = value.get("secret")
    inner = {name for part in value.values() for name in _secrets(part)}
    return inner | ({own} if isinstance(own, str) else set())


def _glob(text: str) -> str:
    """Return a text with `*` in the place of each template."""
    return TEMPLATE.sub("*", text)


def _add_host(methods: dict[Place, set[str]], url: str, method: str) -> None:
    parts = urlsplit(_glob(url))
    host = _literal_host(_glob(url))
    if parts.scheme in PORTS and host:
        place = (host, parts.port or PORTS[parts.scheme], parts.scheme)
        methods.setdefault(place, set()).add(method.upper())


def _literal_host(url: str) -> str | None:
    """Return the host of an address; a host with a computed part is none anybody can approve."""
    host = urlsplit(url).hostname
    return host if host and "*" not in host else None


def _host(place: Place, methods: Iterable[str]) -> Wanted:
    host, port, scheme = place
    value: JsonMap = {"host": host, "port": port, "scheme": scheme, "methods": list(methods)}
    if is_private(host):
        value["private"] = True
    return "host", value


def _key(resource: Resource, value: JsonMap) -> str:
    return f"{resource} " + " ".join(str(value[name]) for name in sorted(value))
