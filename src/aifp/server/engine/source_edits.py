"""Edits of directive files: noted and told once, never run before somebody applies them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from aifp.helpers.shared.alerts import raise_alert, resolve_alerts
from aifp.schemas.alerts import NewAlert
from aifp.schemas.errors import AifpError
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.subjects import Subject

# Editors write in several steps (D103).
SETTLE_S = 2.0
SOON = timedelta(milliseconds=500)
EDITED = "source_edited"
GONE = "gone"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file was when we looked, and since when it is that."""

    content: str
    since: float


class SourceEdits:
    """Compares each directive file with what was parsed."""

    def __init__(self, ctx: Ctx) -> None:
        self._ctx = ctx
        self._paths: list[str] = []
        self._seen: dict[str, Seen] = {}
        self._told: dict[str, str] = {}

    def paths(self) -> list[str]:
        """Return the files that are watched."""
        return self._paths

    async def open(self) -> None:
        """Begin anew; what was told stands in the database."""
        self._seen.clear()
        self._told.clear()

    async def reload(self) -> None:
        """Nothing here depends on the plans."""

    async def turn(self, now: datetime) -> None:
        """Look at every directive file."""
        rows = await self._ctx.directives.all("watched_source_files")
        self._paths = [str(row["path"]) for row in rows]
        for row in rows:
            await self._look(row, now)

    def next(self) -> datetime | None:
        """Look again soon while an editor may still be writing."""
        return self._ctx.clock.now() + SOON if self._seen else None

    async def _look(self, row: Row, now: datetime) -> None:
        path = str(row["path"])
        content = await self._content(path)
        if content == row["sha256"]:
            self._seen.pop(path, None)
            self._told.pop(path, None)
            if row["changed_at"]:
                await self._restored(row, now)
            return
        if row["changed_at"] and path not in self._told:
            self._told[path] = content
        if self._told.get(path) == content:
            self._seen.pop(path, None)
        elif self._has_settled(path, content):
            await self._edited(row, content, now)

    async def _content(self, path: str) -> str:
        try:
            return sha256(await self._ctx.files.read(path)).hexdigest()
        except AifpError:
            return GONE

    def _has_settled(self, path: str, content: str) -> bool:
        monotonic = self._ctx.clock.monotonic()
        seen = self._seen.get(path)
        if seen is None or seen.content != content:
            self._seen[path] = Seen(content, monotonic)
            return False
        return monotonic - seen.since >= SETTLE_S

    async def _edited(self, row: Row, content: str, now: datetime) -> None:
        path = str(row["path"])
        async with self._ctx.directives.write() as w:
            await w.run("note_source_change", id=row["id"], at=to_text(now))
            # An alert that is still open tells of an older edit; each edit is told once.
            await resolve_alerts(w, now, _subject(row), EDITED)
            await raise_alert(w, now, _subject(row), _alert(path, content))
        self._told[path] = content
        self._seen.pop(path, None)

    async def _restored(self, row: Row, now: datetime) -> None:
        async with self._ctx.directives.write() as w:
            await w.run("note_source_change", id=row["id"], at=None)
            await resolve_alerts(w, now, _subject(row), EDITED)


def _subject(row: Row) -> Subject:
    return Subject(kind="source_file", id=str(row["id"]), name=str(row["path"]))


def _alert(path: str, content: str) -> NewAlert:
    what = "was removed" if content == GONE else "was edited"
    return NewAlert(
        severity="info",
        code=EDITED,
        message=f"{path} {what}; what was approved runs on until the change is applied.",
        suggestion=f"Apply it with user_directive_update(file_path={path!r}).",
    )
