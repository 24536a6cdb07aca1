"""Follow a system directive of aifp_core.db: its steps in their order, each one logged."""

import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from aifp.helpers.contract import is_internal, marks_of
from aifp.schemas.errors import Unavailable
from aifp.schemas.ports import Ctx, Row

P = ParamSpec("P")
R = TypeVar("R")

# A logger of its own, so that the daemon keeps these lines and no other talk.
logger = logging.getLogger("aifp.workflow")


class OutOfOrder(Exception):
    """Code does not do what its system directive says."""


class Workflow:
    """Runs the steps of one system directive and refuses any other order.

    A step may be repeated for several things in turn; one that is not required may be left out.
    """

    def __init__(self, ctx: Ctx, directive: str) -> None:
        self._ctx, self._directive = ctx, directive
        self._steps: list[Row] = []
        self._place = -1

    async def __aenter__(self) -> Self:
        self._steps = await self._ctx.core.all("steps_of_system_directive", name=self._directive)
        if not self._steps:
            raise Unavailable(
                f"aifp_core.db has no steps for {self._directive}. Build it with: "
                "python sync-directives.py"
            )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._require_optional(self._steps[self._place + 1 :], "its end")

    async def do(
        self, step: str, work: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Do one step, if it is its turn."""
        self._begin(step, work)
        return await work(*args, **kwargs)

    def _begin(self, step: str, work: Callable[..., object]) -> None:
        names = [str(row["step_name"]) for row in self._steps]
        place = names.index(step) if step in names else -1
        if place < max(self._place, 0):
            raise OutOfOrder(f"{step} is no step of {self._directive} that may follow here.")
        self._require_optional(self._steps[self._place + 1 : place], step)
        row, self._place = self._steps[place], place
        listed = is_internal(work) or marks_of(work) is not None
        if listed and work.__name__ != row["helper"]:
            raise OutOfOrder(f"{step} of {self._directive} is work of {row['helper']}.")
        logger.info("%s: step %s %s", self._directive, row["sequence_order"], step)

    def _require_optional(self, skipped: list[Row], until: str) -> None:
        missing = [str(row["step_name"]) for row in skipped if row["is_required"]]
        if missing:
            raise OutOfOrder(f"{self._directive} left out {', '.join(missing)} before {until}.")
