"""Tells as soon as something moves where the files of tools and implementations lie."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from watchfiles import Change

from aifp.server.engine.sources.folder_changes import changes_in


@dataclass(frozen=True, slots=True)
class ToolFolders:
    """Watches the folders of tools and implementations, each without what lies below it."""

    project: Path
    folders: Callable[[], list[str]]
    others: asyncio.Event
    moved: Callable[[], None]

    async def run(self) -> None:
        """Watch for ever; where other folders matter now, begin anew."""
        while True:
            self.others.clear()
            # The project's own folder tells when a folder of tools is made or taken away.
            watched = {self.project, *await asyncio.to_thread(self._existing)}
            # Right after the first step below, with which watching begins: nothing falls between.
            asyncio.get_running_loop().call_soon(self.moved)
            async for _ in changes_in(
                *watched, matters=self._matters, stop=self.others, recursive=False
            ):
                self.moved()
                if await asyncio.to_thread(self._existing) != watched - {self.project}:
                    self.others.set()

    def _existing(self) -> set[Path]:
        places = (self.project / folder for folder in self.folders())
        return {place for place in places if place.is_dir() and not place.is_symlink()}

    def _matters(self, _: Change, path: str) -> bool:
        place = Path(path)
        folders = {self.project / folder for folder in self.folders()}
        return place in folders or (place.suffix == ".py" and place.parent in folders)
