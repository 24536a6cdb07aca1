"""A lock file held for a process's life; the system frees it when the process dies."""

import errno
import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# Locked far behind the text, so that others can still read the owner's process id.
_PLACE = 1 << 20


class Held(Exception):
    """Another process holds the lock."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"Another daemon of this project is running (process {pid or 'unknown'}).")
        self.pid = pid


class FileLock:
    """One lock file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def acquire(self) -> None:
        """Take the lock and write our process id into it, or raise Held with the owner's."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self._path, flags, 0o600)
        try:
            _lock(descriptor)
        except OSError as fault:
            pid = _pid(descriptor)
            os.close(descriptor)
            if fault.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise
            raise Held(pid) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; the file stays, so that no two processes lock different files."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> "FileLock":
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _pid(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0) if hasattr(os, "pread") else os.read(descriptor, 32)
    return int(text) if text.strip().isdigit() else None


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        os.lseek(descriptor, _PLACE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
