"""Callers that wait for the end of the run they started."""

import asyncio
import json

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx, Row
from aifp.server.engine.consequences import Settled

OPEN = frozenset({"queued", "running", "waiting_for_approval"})


class RunEnds:
    """Wakes those who wait for a run."""

    def __init__(self, ctx: Ctx) -> None:
        self._ctx = ctx
        self._waiting: dict[int, set[asyncio.Event]] = {}

    async def settled(self, settled: Settled) -> None:
        """Hear of an ended run."""
        for event in self._waiting.get(settled.run_id, ()):
            event.set()

    async def wait(self, run_id: int, seconds: float) -> JsonMap | None:
        """Return how a run ended, or None when it has not ended in time."""
        event = asyncio.Event()
        self._waiting.setdefault(run_id, set()).add(event)
        try:
            ended = await self._standing(run_id)
            if ended is None and await self._ctx.clock.wait(event, seconds):
                ended = await self._standing(run_id)
            return ended
        finally:
            self._leave(run_id, event)

    def _leave(self, run_id: int, event: asyncio.Event) -> None:
        waiting = self._waiting.get(run_id, set())
        waiting.discard(event)
        if not waiting:
            self._waiting.pop(run_id, None)

    async def _standing(self, run_id: int) -> JsonMap | None:
        row = await self._ctx.directives.one("run_standing", id=run_id)
        if row is None or row["status"] in OPEN:
            return None
        return {
            "run_id": run_id,
            "status": str(row["status"]),
            "reason": str(row["reason"]) if row["reason"] else None,
            "result": await self._result(row),
        }

    async def _result(self, row: Row) -> JsonValue:
        if row["output_sha256"]:
            return json.loads(await self._ctx.files.fetch(str(row["output_sha256"])))
        return json.loads(str(row["output_summary"])) if row["output_summary"] else None
