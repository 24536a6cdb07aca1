"""Directives that the system paused go on by themselves when what was missing is back."""

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime

from aifp.schemas.errors import AifpError
from aifp.schemas.ports import Ctx
from aifp.schemas.releases import Release
from aifp.server.engine.starting.plans import Plans

# Releases computed in one turn; each reads and hashes the code of a directive.
MOST = 50


class Resumption:
    """Tries the gate for paused directives; the gate itself takes back the pause."""

    def __init__(
        self,
        ctx: Ctx,
        plans: Plans,
        gate: Callable[[Ctx, int], Awaitable[Release]],
        wake: Callable[[], None],
    ) -> None:
        self._ctx, self._plans, self._gate, self._wake = ctx, plans, gate, wake
        self._paused: deque[int] = deque()

    async def open(self) -> None:
        """Nothing is stored here."""

    async def reload(self) -> None:
        """Look through the plans again after some changed."""
        self._paused = deque(plan.directive_id for plan in self._plans if plan.is_paused)

    async def turn(self, now: datetime) -> None:
        """Try some of the paused directives, each in its turn."""
        for _ in range(min(MOST, len(self._paused))):
            directive_id = self._paused[0]
            self._paused.rotate(-1)
            if await self._is_mended(directive_id):
                self._wake()

    def next(self) -> datetime | None:
        """Come by as often as everything is looked at."""
        return None

    async def _is_mended(self, directive_id: int) -> bool:
        try:
            await self._gate(self._ctx, directive_id)
        except AifpError:
            return False
        return True
