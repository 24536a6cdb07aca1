"""Files that only their owner may read, whole from their first moment."""

import os
import secrets
import stat
import sys
from pathlib import Path

# What is longer is none of ours.
MOST_BYTES = 65536


def read_private(path: Path) -> bytes | None:
    """Return the bytes of a file that only its owner may read, None for anything else."""
    careful = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, os.O_RDONLY | careful)
    except OSError:
        return None
    try:
        return os.read(descriptor, MOST_BYTES) if _is_private(os.fstat(descriptor)) else None
    finally:
        os.close(descriptor)


def _is_private(facts: os.stat_result) -> bool:
    if sys.platform == "win32":
        return stat.S_ISREG(facts.st_mode)
    own = facts.st_uid == os.getuid() and not facts.st_mode & 0o077
    return own and stat.S_ISREG(facts.st_mode)


def write_private(path: Path, data: bytes) -> None:
    """Put a file in the place of what lies there, if anything, in one step."""
    write_draft(path, data).replace(path)


def write_draft(path: Path, data: bytes) -> Path:
    """Return a new file beside a path, with mode 0600, its bytes on the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return draft
