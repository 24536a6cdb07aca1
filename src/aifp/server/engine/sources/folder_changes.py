"""Hears that something moves in folders, whatever the files there are called."""

import logging
from asyncio import Event
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from watchfiles import Change, awatch  # pyright: ignore[reportUnknownVariableType]

logger = logging.getLogger(__name__)


async def changes_in(
    *folders: Path, matters: Callable[[Change, str], bool], stop: Event, recursive: bool
) -> AsyncGenerator[None]:
    """Yield whenever something moved, until `stop`.

    It ends as well where a name cannot be read as text, which is no fault of those who listen:
    they begin anew, and look at everything then.
    """
    try:
        async for _ in awatch(*folders, watch_filter=matters, stop_event=stop, recursive=recursive):
            yield
    except ExceptionGroup as faults:
        # The library has no other name for its own faults.
        if faults.split(RuntimeError)[1] is not None:
            raise
        logger.warning("a change was not understood: %s", faults.exceptions[0])
