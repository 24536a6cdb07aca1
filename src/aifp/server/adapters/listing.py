"""Lists the files of a project's folder with their size and times."""

import errno
import os
import stat
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from aifp.schemas.errors import FileMissing, LimitExceeded, Unavailable
from aifp.schemas.ports import FoundFile
from aifp.server.adapters.paths import inside

STATE = ".aifp-project"
MAX_FOUND = 10_000
WILD = frozenset("*?[")
# File systems tell times in steps, the coarsest of them in two seconds.
FRESH_NS = 2_000_000_000
GONE = {errno.ENOENT, errno.ENOTDIR}


def list_files(project: Path, glob: str, *, certain: bool) -> list[FoundFile]:
    """Return the regular files that match, sorted by path; no link is followed to one."""
    root, now = inside(project, "."), time.time_ns()
    found: list[FoundFile] = []
    for path, facts in _matches(root, glob, certain=certain):
        if stat.S_ISREG(facts.st_mode) and _is_text(path):
            found.append(_found(path, facts, now))
        if len(found) > MAX_FOUND:
            raise LimitExceeded(f"{glob!r} matches more than {MAX_FOUND:,} files.")
    return sorted(found, key=lambda file: file.path)


def _is_text(path: str) -> bool:
    """Say whether a name has a form in UTF-8: no record and no answer can hold another."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _found(path: str, facts: os.stat_result, now: int) -> FoundFile:
    changed = max(facts.st_mtime_ns, facts.st_ctime_ns)
    fresh = now - changed < FRESH_NS
    return FoundFile(path, facts.st_size, facts.st_mtime_ns, changed, fresh)


def _matches(root: Path, glob: str, *, certain: bool) -> Iterator[tuple[str, os.stat_result]]:
    folder, _, pattern = glob.rpartition("/")
    if WILD & set(folder) or pattern == "**" or not WILD & set(pattern):
        yield from _anywhere(root, glob)
    elif certain:
        yield from _in_folder(root, folder, pattern)
    else:
        try:
            yield from _in_folder(root, folder, pattern)
        except (FileMissing, Unavailable):
            return


def _anywhere(root: Path, glob: str) -> Iterator[tuple[str, os.stat_result]]:
    shown = glob.startswith(f"{STATE}/logs/")
    for place in root.glob(glob):
        below = place.relative_to(root)
        if not shown and STATE in below.parts:
            continue
        try:
            yield below.as_posix(), place.lstat()
        except OSError:
            continue


def _in_folder(root: Path, folder: str, pattern: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield what lies in one folder: one system call for each file."""
    place = inside(root, folder or ".")
    below = place.relative_to(root)
    if STATE in below.parts and not f"{below.as_posix()}/".startswith(f"{STATE}/logs/"):
        return
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if fnmatchcase(entry.name, pattern):
                    yield from _entry(below, entry)
    except OSError as fault:
        raise _unlisted(folder, fault) from None


def _entry(below: Path, entry: os.DirEntry[str]) -> Iterator[tuple[str, os.stat_result]]:
    try:
        facts = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        # It went away while the folder was read, as if it had gone a moment earlier.
        return
    yield (below / entry.name).as_posix(), facts


def _unlisted(folder: str, fault: OSError) -> FileMissing | Unavailable:
    if fault.errno in GONE:
        return FileMissing(f"There is no folder {folder!r} in the project.")
    return Unavailable(f"The folder {folder!r} cannot be read: {fault.strerror}.")
