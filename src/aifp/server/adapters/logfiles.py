"""Log files: JSON lines by day, closed at day end or size, then compressed, deleted by date."""

import asyncio
import gzip
import json
import logging
import os
import re
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from aifp.schemas.common import JsonMap
from aifp.schemas.words import LogType

logger = logging.getLogger(__name__)

FILE = re.compile(r"(execution|error|lifecycle)-(\d{4}-\d\d-\d\d)(?:\.(\d+))?\.jsonl(\.gz)?")


@dataclass(frozen=True, slots=True)
class LogSetting:
    """How one kind of log is kept; the folder is relative to the project."""

    kind: LogType
    folder: str
    rotation_bytes: int
    retention_days: int
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where a line stands: project-relative file and byte offset in its uncompressed form."""

    file: str
    offset: int


class LogFiles:
    """Appends lines and looks after their files; never lets a full disk stop a run."""

    def __init__(self, project: Path) -> None:
        self._project = project.resolve()
        self._turn = asyncio.Lock()
        self._open: dict[LogType, Path] = {}
        self._packing: set[asyncio.Future[None]] = set()
        self._tidied: dict[LogType, Path] = {}

    async def append(self, setting: LogSetting, day: date, line: JsonMap) -> LogPlace | None:
        """Append one line to the file of its day; None when the disk does not take it."""
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        async with self._turn:
            try:
                place = await asyncio.to_thread(self._append, setting, day, text.encode())
                self._pack_closed(setting, day)
                return place
            except OSError:
                return None

    async def prune(self, setting: LogSetting, today: date) -> int:
        """Delete the files older than the retention, by the date in their name."""
        return await asyncio.to_thread(self._prune, setting, today)

    async def close(self) -> None:
        """Wait for the files that are being compressed."""
        await asyncio.gather(*self._packing, return_exceptions=True)

    def _append(self, setting: LogSetting, day: date, data: bytes) -> LogPlace:
        path = self._current(setting, day, len(data))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "r+b") as stream:
            end = stream.seek(0, os.SEEK_END)
            if end and _torn(stream.fileno(), end):
                # A line cut by a crash must not swallow this one.
                data, end = b"\n" + data, end + 1
            stream.write(data)
        return LogPlace(path.relative_to(self._project).as_posix(), end)

    def _current(self, setting: LogSetting, day: date, size: int) -> Path:
        """Return the file that takes the next line, a new one when the day's file is full."""
        index = self._newest(setting, day)
        path = self._path(setting, day, index)
        full = path.exists() and path.stat().st_size + size > setting.rotation_bytes
        if full or _packed(path).exists():
            path = self._path(setting, day, index + 1)
        self._open[setting.kind] = path
        return path

    def _newest(self, setting: LogSetting, day: date) -> int:
        known = self._open.get(setting.kind)
        found = [known] if known else self._files(setting)
        days = [FILE.fullmatch(file.name) for file in found]
        return max((_index(m) for m in days if m and m[2] == day.isoformat()), default=1)

    def _path(self, setting: LogSetting, day: date, index: int) -> Path:
        number = f".{index}" if index > 1 else ""
        name = f"{setting.kind}-{day.isoformat()}{number}.jsonl"
        return self._folder(setting) / name

    def _folder(self, setting: LogSetting) -> Path:
        folder = (self._project / setting.folder).resolve()
        if not folder.is_relative_to(self._project):
            raise PermissionError(f"{setting.folder} is outside the project")
        return folder

    def _files(self, setting: LogSetting) -> list[Path]:
        folder = self._folder(setting)
        if not folder.is_dir():
            return []
        return [f for f in sorted(folder.iterdir()) if _kind(f) == setting.kind]

    def _pack_closed(self, setting: LogSetting, day: date) -> None:
        """Compress every file that takes no more lines, beside the running work."""
        current = self._open.get(setting.kind)
        if current is None or self._tidied.get(setting.kind) == current:
            return
        self._tidied[setting.kind] = current
        for file in self._files(setting):
            if file.suffix == ".jsonl" and file != current and _day(file) <= day:
                packing = asyncio.get_running_loop().run_in_executor(None, pack, file)
                self._packing.add(packing)
                packing.add_done_callback(self._note_packed)

    def _note_packed(self, packing: asyncio.Future[None]) -> None:
        """Forget a compression; one that failed is tried again with the next closed file."""
        self._packing.discard(packing)
        if fault := packing.exception():
            logger.warning("a log file could not be compressed: %s", fault)

    def _prune(self, setting: LogSetting, today: date) -> int:
        old = [f for f in self._files(setting) if (today - _day(f)).days > setting.retention_days]
        for file in old:
            file.unlink(missing_ok=True)
        return len(old)


def pack(path: Path) -> None:
    """Compress a closed file; killed half-way, it starts again and no line counts twice."""
    target = _packed(path)
    if not target.exists():
        partial = target.with_name(target.name + ".partial")
        with path.open("rb") as plain, gzip.open(partial, "wb") as packed:
            shutil.copyfileobj(plain, packed)
        partial.chmod(0o600)
        partial.replace(target)
    path.unlink(missing_ok=True)


def _packed(path: Path) -> Path:
    return path.with_name(path.name + ".gz")


def _torn(file: int, end: int) -> bool:
    return os.pread(file, 1, end - 1) != b"\n"


def _kind(path: Path) -> str | None:
    found = FILE.fullmatch(path.name)
    return found[1] if found else None


def _day(path: Path) -> date:
    found = FILE.fullmatch(path.name)
    return date.fromisoformat(found[2]) if found else date.max


def _index(found: re.Match[str]) -> int:
    return int(found[3] or 1)
