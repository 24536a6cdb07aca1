"""Each tool call in a task of its own: cancelled once, and seen to its end.

The SDK cancels a handler again and again until it is gone, which cuts off what a tool does to end
in order. Here a call is cancelled one time, and only a call that the client itself has called off
takes along the run it waits for; a client that is gone lets it go on.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import anyio
from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult
from mcp_types import RequestId

from aifp.schemas.runs import CALLED_OFF
from aifp.server.mcp.audience import Ear
from aifp.server.mcp.people import Request

# The SDK cancels first and passes the notification on in the same step; it comes by within these.
PASSES = 5

Key = tuple[Ear | None, str]


class Calls:
    """A middleware: it sees every request and every notification."""

    def __init__(self, ear_of: Callable[[Request], Ear]) -> None:
        self._ear_of = ear_of
        self._open: set[Key] = set()
        self._called_off: set[Key] = set()

    async def __call__(self, ctx: Request, call_next: CallNext) -> HandlerResult:
        """Run a tool call apart, take note of a cancellation, let all else pass."""
        if ctx.method == "tools/call":
            return await self._run(ctx, call_next)
        if ctx.method == "notifications/cancelled":
            key = self._key(ctx, (ctx.params or {}).get("requestId"))
            self._called_off |= {key} & self._open
        return await call_next(ctx)

    async def _run(self, request: Request, call_next: CallNext) -> HandlerResult:
        key = self._key(request, request.request_id)
        self._open.add(key)
        job: asyncio.Future[HandlerResult] = asyncio.ensure_future(_done(call_next, request))
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):
                await self._end(job, key)
            raise
        finally:
            self._open.discard(key)
            self._called_off.discard(key)

    async def _end(self, job: "asyncio.Future[HandlerResult]", key: Key) -> None:
        for _ in range(PASSES):
            if key not in self._called_off:
                await asyncio.sleep(0)
        job.cancel(CALLED_OFF if key in self._called_off else None)
        await asyncio.gather(job, return_exceptions=True)

    def _key(self, request: Request, request_id: RequestId | Any) -> Key:
        try:
            return self._ear_of(request), str(request_id)
        except MCPError:
            # Since 2026-07-28 there is no session over HTTP; such a call ends with its stream.
            return None, f"{id(request)}"


async def _done(call_next: CallNext, request: Request) -> HandlerResult:
    return await call_next(request)
