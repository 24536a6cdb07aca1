"""Make a folder a project."""

import asyncio
from pathlib import Path

from aifp.helpers.project.internal.preparation import INFRASTRUCTURE, PREPARATION, about_note
from aifp.schemas.errors import Conflict, InvalidArgument
from aifp.schemas.instants import to_text
from aifp.server.adapters.clock import SystemClock
from aifp.server.config import STATE, mark_throwaway
from aifp.server.db.connection import open_database


def open_project(folder: Path, timezone: str, *, throwaway: bool = False) -> Path:
    """Create what a project stands on; the databases of automations come with their first use."""
    place = folder.resolve()
    if place == Path(place.anchor) or place == Path.home():
        raise InvalidArgument(f"{place} is no place for a project; give a folder of its own.")
    if (place / STATE / "project.db").exists():
        raise Conflict(f"{place} is a project already; nothing was changed.")
    (place / "directives").mkdir(parents=True, exist_ok=True)
    (place / STATE).mkdir(mode=0o700, exist_ok=True)
    if throwaway:
        mark_throwaway(place)
    asyncio.run(_write_project(place, timezone))
    return place


async def _write_project(place: Path, timezone: str) -> None:
    at = to_text(SystemClock().now())
    async with open_database(place / STATE / "project.db", "project") as db, db.write() as writer:
        await writer.run("add_project", name=place.name, timezone=timezone, at=at)
        for kind, value, description in INFRASTRUCTURE:
            about = {"type": kind, "value": value, "description": description}
            await writer.run("add_infrastructure", **about, at=at)
        for content in PREPARATION:
            await writer.one("add_note", **about_note(content), at=at)
