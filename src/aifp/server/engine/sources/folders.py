"""Tells other parts as soon as something moves in the folders they look at."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from watchfiles import Change

from aifp.schemas.ports import Clock
from aifp.server.engine.sources.folder_changes import changes_in

# Our own folder changes with every run; nobody waits for that.
OWN = ".aifp-project"
IGNORED = frozenset({OWN, ".git", "node_modules", "__pycache__", ".venv"})
WILD = frozenset("*?[")
NAP_S = 30.0


class Folders:
    """Watches the folders behind some patterns; parts also look by themselves now and then."""

    def __init__(
        self,
        project: Path,
        clock: Clock,
        patterns: Callable[[], list[str]],
        moved: Callable[[], None],
    ) -> None:
        self._project, self._clock = project, clock
        self._patterns, self._moved = patterns, moved
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Say that the patterns may be others now."""
        self._changed.set()

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            self._changed.clear()
            folders = await asyncio.to_thread(folders_of, self._project, self._patterns())
            if not folders:
                await self._clock.wait(self._changed, NAP_S)
                continue
            # Watching begins within the first step below, so this comes right after it: what
            # moved since the last look would be seen by nobody.
            asyncio.get_running_loop().call_soon(self._moved)
            async for _ in changes_in(
                *folders, matters=_matters, stop=self._changed, recursive=True
            ):
                self._moved()


def folders_of(project: Path, patterns: list[str]) -> list[Path]:
    """Return the existing folders that hold what the patterns name, none inside another."""
    wanted = sorted({_existing(project, pattern) for pattern in patterns})
    return [f for f in wanted if not any(o in f.parents for o in wanted)]


def _existing(project: Path, pattern: str) -> Path:
    folder = project
    for part in Path(pattern).parts[:-1]:
        below = folder / part
        if WILD & set(part) or part in {"..", "/"} or not below.is_dir() or below.is_symlink():
            break
        folder = below
    return folder


def _matters(_: Change, path: str) -> bool:
    return not IGNORED & set(Path(path).parts)
