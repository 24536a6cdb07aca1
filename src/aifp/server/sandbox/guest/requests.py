"""Build the arguments of each host call; what equals its default is left out."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from aifp.server.sandbox.guest.plain import Call, Json, JsonMap


class HttpOptions(TypedDict, total=False):
    """Everything about an HTTP call but its method and address."""

    json: Json
    headers: Mapping[str, Json] | None
    query: Mapping[str, Json] | None
    form: Mapping[str, Json] | None
    body: str | None
    file: str | None
    auth: Mapping[str, Json] | str | None
    expect: Sequence[str]
    pick: str | None
    follow: int
    max_bytes: int
    timeout_ms: int | None
    retry: Mapping[str, Json] | None


HTTP_DEFAULTS: dict[str, Json] = {
    "expect": ["2xx"],
    "follow": 0,
    "max_bytes": 1_048_576,
    **dict.fromkeys(
        ("json", "headers", "query", "form", "body", "file", "auth", "pick", "timeout_ms", "retry")
    ),
}


def http(method: str, url: str, options: HttpOptions) -> Call:
    """Return an HTTP call."""
    unknown = sorted(set(options) - set(HTTP_DEFAULTS))
    if unknown:
        raise TypeError(f"ctx.http has no argument named {', '.join(unknown)}")
    given: JsonMap = {name: _plain(value) for name, value in options.items()}  # pyright: ignore[reportArgumentType]
    kept = {name: value for name, value in given.items() if value != HTTP_DEFAULTS[name]}
    return Call("http", {"method": method, "url": url, **kept})


def notify(channel: str, message: str, title: str | None, level: str) -> Call:
    """Return a notice to a person."""
    extra = _without_none(title=title, level=None if level == "normal" else level)
    return Call("notify", {"channel": channel, "message": message, **extra})


def file(op: str, path: str, data: Json) -> Call:
    """Return a file operation."""
    return Call("file", {"op": op, "path": path, **_without_none(data=data)})


def state(op: str, key: str, value: Json) -> Call:
    """Return a state operation."""
    return Call("state", {"op": op, "key": key, **_without_none(value=value)})


def sleep(seconds: float | None, until: str | None) -> Call:
    """Return a wait."""
    return Call("sleep", _without_none(seconds=seconds, until=until))


def log(level: str, message: str) -> Call:
    """Return a log line."""
    return Call("log", {"level": level, "message": message})


def command(
    argv: Sequence[str], cwd: str | None, stdin: str | None, env: Mapping[str, Json] | None
) -> Call:
    """Return a program to run."""
    extra = _without_none(cwd=cwd, stdin=stdin, env=dict(env) if env else None)
    return Call("command", {"argv": list(argv), **extra})


def tool(name: str, arguments: Mapping[str, Json] | None) -> Call:
    """Return a call of another tool."""
    return Call("tool", {"name": name, **_without_none(arguments=arguments)})


def ask_worker(options: Mapping[str, Json]) -> Call:
    """Return a question to an AI worker."""
    return Call("ask_worker", _without_none(**options))


def _plain(value: Json) -> Json:
    return list(value) if isinstance(value, tuple) else value


def _without_none(**values: Json) -> JsonMap:
    return {name: value for name, value in values.items() if value is not None}
