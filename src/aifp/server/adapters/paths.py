"""Paths inside the project: contained by real path, opened without following links."""

import os
import stat
from pathlib import Path

from aifp.schemas.errors import FileMissing, InvalidArgument, LimitExceeded

MAX_PATH = 1_024
# Files swapped for a link between check and open are caught by the flag and the second check.
OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def inside(project: Path, path: str) -> Path:
    """Return the real path of a project-relative one, or refuse it."""
    if not path or "\0" in path or len(path) > MAX_PATH:
        raise InvalidArgument(f"{path[:80]!r} is not a path. Give one inside the project.")
    root = os.path.realpath(project)
    try:
        real = os.path.realpath(os.path.join(root, path))  # noqa: PTH118  (realpath works on text)
    except OSError as fault:
        # A link that vanishes while it is being followed, or a name no file system can hold.
        raise InvalidArgument(f"{path[:80]!r} cannot be resolved: {fault.strerror}.") from None
    if os.path.commonpath([root, real]) != root:
        raise InvalidArgument(f"{path!r} lies outside the project. Give a path inside {root}.")
    return Path(real)


def relative(project: Path, path: Path) -> str:
    """Return the project-relative text of a path inside it."""
    return path.relative_to(os.path.realpath(project)).as_posix()


def read_regular(project: Path, path: str, limit: int) -> bytes:
    """Return the bytes of a regular file inside the project."""
    place = inside(project, path)
    try:
        descriptor = os.open(place, OPEN_FLAGS)
    except FileNotFoundError:
        raise FileMissing(f"There is no file {path!r} in the project.") from None
    except OSError as fault:
        raise InvalidArgument(f"{path!r} cannot be opened: {fault.strerror}.") from None
    try:
        return _read(project, path, descriptor, limit)
    finally:
        os.close(descriptor)


def _read(project: Path, path: str, descriptor: int, limit: int) -> bytes:
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        raise InvalidArgument(f"{path!r} is not a regular file inside the project.")
    _require_inside(project, path, descriptor)
    _require_same(project, path, facts)
    if facts.st_size > limit:
        raise LimitExceeded(f"{path!r} has {facts.st_size:,} bytes, the limit is {limit:,}.")
    chunks: list[bytes] = []
    left = limit + 1
    while left > 0 and (chunk := os.read(descriptor, min(left, 1 << 20))):
        chunks.append(chunk)
        left -= len(chunk)
    if left <= 0:
        raise LimitExceeded(f"{path!r} grew past the limit of {limit:,} bytes while being read.")
    return b"".join(chunks)


def _require_inside(project: Path, path: str, descriptor: int) -> None:
    """Refuse what was opened outside, where the system can say which file a descriptor is.

    Looking at the path again cannot: its folder may be a link at both looks and none in between.
    """
    try:
        opened = str(Path(f"/proc/self/fd/{descriptor}").readlink())
    except OSError:
        return
    root = os.path.realpath(project)
    if os.path.commonpath([root, opened]) != root:
        raise InvalidArgument(f"{path!r} was replaced while being opened. Try again.")


def _require_same(project: Path, path: str, opened: os.stat_result) -> None:
    """Refuse a file whose folder was swapped for a link between the check and the open."""
    try:
        now = inside(project, path).lstat()
    except FileNotFoundError:
        raise FileMissing(f"{path!r} went away while being opened.") from None
    if (now.st_dev, now.st_ino) != (opened.st_dev, opened.st_ino):
        raise InvalidArgument(f"{path!r} was replaced while being opened. Try again.")
