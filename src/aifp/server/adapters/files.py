"""The project's folder behind the Files port."""

import asyncio
import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from aifp.schemas.errors import (
    Conflict,
    FileMissing,
    InvalidArgument,
    LimitExceeded,
    Unavailable,
)
from aifp.schemas.ports import FoundFile
from aifp.server.adapters.listing import STATE, list_files
from aifp.server.adapters.paths import inside, read_regular


class ProjectFiles:
    """Reads and writes inside one project folder and keeps bytes by their hash."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._objects = project / STATE / "objects"

    async def read(self, path: str, limit: int = 1_048_576) -> bytes:
        """Return the bytes of a regular file inside the project."""
        return await asyncio.to_thread(read_regular, self._project, path, limit)

    async def write(self, files: Mapping[str, bytes | None]) -> None:
        """Write several files, each by temporary file, flush and rename; None removes one."""
        await asyncio.to_thread(self._write, files)

    async def find(self, glob: str, *, certain: bool = False) -> list[FoundFile]:
        """Return the regular files matching the glob, sorted by path."""
        return await asyncio.to_thread(list_files, self._project, glob, certain=certain)

    async def keep(self, data: bytes) -> str:
        """Put bytes into the object store and return their sha256."""
        name = hashlib.sha256(data).hexdigest()
        place = self._objects / name[:2] / name
        if not await asyncio.to_thread(_has, place, data):
            await asyncio.to_thread(_write_whole, {place: data})
        return name

    async def discard(self, sha256: str, before: datetime) -> bool:
        """Remove an object that nothing names; False where it was kept again since an instant.

        Only maintenance calls this: what was kept a moment ago is about to be named.
        """
        place = self._objects / sha256[:2] / sha256
        return await asyncio.to_thread(_discard, place, before.timestamp())

    async def fetch(self, sha256: str) -> bytes:
        """Return the bytes of an object, checked against its hash."""
        place = self._objects / sha256[:2] / sha256
        try:
            data = await asyncio.to_thread(place.read_bytes)
        except FileNotFoundError:
            raise FileMissing(f"Object {sha256} is gone from {self._objects}.") from None
        except OSError as fault:
            raise Unavailable(f"{place} cannot be read: {fault.strerror or fault}.") from fault
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Conflict(f"Object {sha256} was changed on disk; restore it from a backup.")
        return data

    def _write(self, files: Mapping[str, bytes | None]) -> None:
        gone = [self._entry(path) for path, data in files.items() if data is None]
        kept = {path: data for path, data in files.items() if data is not None}
        _write_whole({inside(self._project, path): data for path, data in kept.items()})
        for place in gone:
            _remove(place)

    def _entry(self, path: str) -> Path:
        """Return the entry of a folder that a path names: a link itself, not what it points to."""
        folder, _, name = path.rpartition("/")
        place = inside(self._project, folder or ".") / name
        if name in ("", ".", "..") or inside(self._project, path).is_dir():
            raise InvalidArgument(f"{path!r} is no file, nothing was removed.")
        return place


def _has(place: Path, data: bytes) -> bool:
    """Note that an object is wanted again; False where it is not there, or not whole."""
    try:
        os.utime(place)
    except FileNotFoundError:
        return False
    except OSError:
        # Where the time cannot be set the bytes may still be there.
        pass
    try:
        return place.stat().st_size == len(data) and place.read_bytes() == data
    except OSError:
        return False


def _discard(place: Path, before: float) -> bool:
    try:
        if place.stat().st_mtime >= before:
            return False
        place.unlink()
    except FileNotFoundError:
        return True
    except OSError as fault:
        raise Unavailable(f"{place} was not removed: {fault.strerror or fault}.") from fault
    return True


def _write_whole(files: Mapping[Path, bytes]) -> None:
    """Write every temporary file before the first rename, so that a full disk changes nothing."""
    written: list[tuple[Path, Path]] = []
    try:
        for place, data in files.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            draft = place.with_name(f".{place.name[:40]}.{secrets.token_hex(6)}.part")
            written.append((draft, place))
            _write_draft(draft, data)
    except OSError as fault:
        _drop(draft for draft, _ in written)
        raise LimitExceeded(f"Nothing was written: {fault.strerror or fault}.") from fault
    _take_places(written)


def _take_places(written: list[tuple[Path, Path]]) -> None:
    """Rename temporary files into their places; one that cannot take its place goes."""
    for number, (draft, place) in enumerate(written):
        try:
            draft.replace(place)
        except OSError as fault:
            _drop(left for left, _ in written[number:])
            raise LimitExceeded(f"{place.name}: {fault.strerror or fault}.") from fault
        _flush_folder(place.parent)


def _drop(drafts: Iterable[Path]) -> None:
    """Remove temporary files; where nothing can be written, none was made."""
    for draft in drafts:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _remove(place: Path) -> None:
    """Remove a file; one that is gone already is as it should be."""
    try:
        place.unlink(missing_ok=True)
    except OSError as fault:
        raise LimitExceeded(f"{place.name} stays: {fault.strerror or fault}.") from fault
    if place.parent.is_dir():
        _flush_folder(place.parent)


def _write_draft(draft: Path, data: bytes) -> None:
    with draft.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make the rename itself durable where folders can be opened."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
