"""What automation code is given: its data and the calls it may make."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeAlias, Unpack

from aifp.helpers.user_directives.internal.language import templates
from aifp.server.sandbox.guest import requests
from aifp.server.sandbox.guest.door import call
from aifp.server.sandbox.guest.errors import Stop
from aifp.server.sandbox.guest.loop import later
from aifp.server.sandbox.guest.plain import Call, Json, JsonMap
from aifp.server.sandbox.guest.requests import HttpOptions

Branch: TypeAlias = Callable[..., Coroutine[Any, Any, Json]]
DATA = ("input", "trigger", "run", "vars", "read", "memory")


class Calls:
    """The host calls, each through `_put`; how it is put differs between ctx and ctx.aio."""

    def _put(self, request: Call) -> Any:
        raise NotImplementedError

    def http(self, method: str, url: str, **options: Unpack[HttpOptions]) -> Any:
        """Call an HTTP address; returns status, headers and json or text, or the picked value."""
        return self._put(requests.http(method, url, options))

    def notify(
        self, channel: str, message: str, *, title: str | None = None, level: str = "normal"
    ) -> Any:
        """Tell a person over a channel."""
        return self._put(requests.notify(channel, message, title, level))

    def file(self, op: str, path: str, data: Json = None) -> Any:
        """Read, write, append or list inside the granted folders."""
        return self._put(requests.file(op, path, data))

    def state(self, op: str, key: str, value: Json = None) -> Any:
        """Get, set or delete what this directive remembers, or read an entity."""
        return self._put(requests.state(op, key, value))

    def sleep(self, seconds: float | None = None, until: str | None = None) -> Any:
        """Wait some seconds, or until a time."""
        return self._put(requests.sleep(seconds, until))

    def log(self, level: str, message: str) -> Any:
        """Write a line to the log of the run."""
        return self._put(requests.log(level, message))

    def command(
        self,
        argv: Sequence[str],
        *,
        cwd: str | None = None,
        stdin: str | None = None,
        env: Mapping[str, Json] | None = None,
    ) -> Any:
        """Run a program with a list of arguments, never a shell; returns exit and text."""
        return self._put(requests.command(argv, cwd, stdin, env))

    def tool(self, name: str, arguments: Mapping[str, Json] | None = None) -> Any:
        """Call another tool."""
        return self._put(requests.tool(name, arguments))

    def ask_worker(self, prompt: str, **options: Json) -> Any:
        """Ask an AI worker; options are criteria, input and schema."""
        return self._put(requests.ask_worker({"prompt": prompt, **options}))

    def test(self, condition: str, names: Mapping[str, Json] | None = None) -> Any:
        """Say whether a condition holds; the host knows the entities."""
        return self._put(requests.state("test", condition, dict(names or {})))


class Aio(Calls):
    """The same calls to be awaited; those awaited side by side leave as one batch."""

    def _put(self, request: Call) -> Awaitable[Json]:
        return later(request)

    async def branches(self, functions: Sequence[Branch]) -> list[Json]:
        """Run async functions side by side; all end before the first error is raised."""
        return await _side_by_side([function() for function in functions])


class Ctx(Calls):
    """The one argument of an implementation's entry point."""

    def __init__(self, data: Mapping[str, Json]) -> None:
        self.input: Any = _map(data, "input")
        self.trigger: Any = _map(data, "trigger")
        self.run: Any = _map(data, "run")
        self.vars: Any = _map(data, "vars")
        self.read: Any = _map(data, "read")
        self.memory: Any = _map(data, "memory")
        self.aio = Aio()

    def _put(self, request: Call) -> Json:
        return call(request)

    def branches(self, functions: Sequence[Branch]) -> list[Json]:
        """Run async functions side by side; their host calls leave together."""
        return asyncio.run(self.aio.branches(functions))

    def render(self, value: Json, **names: Json) -> Any:
        """Fill the templates in a value from this run's data and the given names."""
        data: JsonMap = {name: getattr(self, name) for name in DATA}
        return templates.render(value, {**data, **names})  # pyright: ignore[reportArgumentType]

    def stop(self, reason: str, error: bool = False) -> None:  # noqa: FBT001
        """End the run here, as a success or as a failure."""
        raise Stop(reason, error)


async def _side_by_side(branches: Sequence[Coroutine[Any, Any, Json]]) -> list[Json]:
    ends = await asyncio.gather(*branches, return_exceptions=True)
    errors = [end for end in ends if isinstance(end, BaseException)]
    if len(errors) == 1 or any(isinstance(error, Stop) for error in errors):
        raise next((error for error in errors if isinstance(error, Stop)), errors[0])
    if errors:
        raise BaseExceptionGroup(f"{len(errors)} branches failed", errors)
    return [end for end in ends if not isinstance(end, BaseException)]


def _map(data: Mapping[str, Json], name: str) -> Json:
    value = data.get(name)
    return {} if value is None else value


def called(function: Callable[[Ctx], Any], ctx: Ctx) -> Any:
    """Call an entry point, plain or async, and return its result."""
    result = function(ctx)
    return asyncio.run(result) if inspect.iscoroutine(result) else result
