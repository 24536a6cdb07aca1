"""Keeps project.db equal to what user_directives.db tells it."""

import logging
from datetime import datetime, timedelta

from aifp.helpers.project.internal.projection import (
    is_in_step,
    project_changes,
    rebuild,
    tell_what_was_never_told,
)
from aifp.schemas.errors import AifpError
from aifp.schemas.ports import Ctx
from aifp.server.engine.driving.failpoints import Failpoints

# Messages come from every part of the house; tools take in what waits before they read.
LOOK_EVERY = timedelta(seconds=5)

logger = logging.getLogger(__name__)


class Projector:
    """Takes the messages of the outbox in; a project.db that was replaced is made anew."""

    def __init__(self, ctx: Ctx, failpoints: Failpoints) -> None:
        self._ctx, self._failpoints = ctx, failpoints
        self._next: datetime | None = None
        self._checked = False

    async def open(self) -> None:
        """Begin by comparing the two files."""
        self._checked = False

    async def reload(self) -> None:
        """Plans do not matter here."""

    async def turn(self, now: datetime) -> None:
        """Take in what waits; what cannot be written now comes later."""
        self._next = now + LOOK_EVERY
        try:
            await self._follow()
        except AifpError as fault:
            logger.warning("project.db is behind: %s", fault)

    def next(self) -> datetime | None:
        """Look again soon."""
        return self._next

    async def _follow(self) -> None:
        if not self._checked:
            await tell_what_was_never_told(self._ctx)
            if not await is_in_step(self._ctx):
                logger.warning("project.db is not the one that was told; it is made anew")
                await rebuild(self._ctx)
            self._checked = True
        await project_changes(self._ctx, self._crash)

    def _crash(self) -> None:
        self._failpoints.reach("after_projection")
