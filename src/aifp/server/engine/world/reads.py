"""`read`: values fetched before a condition is tested."""

import asyncio
from collections.abc import Awaitable, Callable

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.templates import render
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError
from aifp.schemas.ports import Ctx
from aifp.schemas.releases import Release
from aifp.schemas.sandbox import HostCall
from aifp.schemas.steps import HttpStep, Step

# Each read may take so long (directive-format 4).
READ_TIMEOUT_MS = 10_000
# What a step says about its place in a plan is nothing for the host function.
NOT_ARGUMENTS = frozenset({"verb", "id", "if", "needs", "retry", "on_error", "save_as"})

# Makes one reading host call under the grants of a release and returns its value.
HostRead = Callable[[Ctx, Release, HostCall], Awaitable[JsonValue]]


class Reads:
    """Makes the reads of a directive side by side; one that fails is simply not known."""

    def __init__(self, host_read: HostRead) -> None:
        self._host_read = host_read

    async def all(self, ctx: Ctx, release: Release, data: JsonMap) -> JsonMap:
        """Return the values that could be read, by name."""
        steps = release.directive.read
        if not steps:
            return {}
        async with asyncio.TaskGroup() as group:
            tasks = {
                name: group.create_task(self._one(ctx, release, step, data))
                for name, step in steps.items()
            }
        return {name: value for name, task in tasks.items() if (value := task.result()) is not None}

    async def _one(self, ctx: Ctx, release: Release, step: Step, data: JsonMap) -> JsonValue:
        if not isinstance(step, HttpStep):
            return None
        try:
            return await self._host_read(ctx, release, call_of(step, data))
        except AifpError:
            return None


def call_of(step: HttpStep, data: JsonMap) -> HostCall:
    """Return the host call of a reading step, its templates filled in."""
    written = {k: v for k, v in step.wire().items() if k not in NOT_ARGUMENTS}
    filled = render(written, data)
    assert isinstance(filled, dict)  # noqa: S101  (a map is rendered to a map)
    own = filled.get("timeout_ms")
    limit = min(own, READ_TIMEOUT_MS) if isinstance(own, int) else READ_TIMEOUT_MS
    return HostCall(function="http", arguments={**filled, "timeout_ms": limit})
