"""Take away every file but those named, through Linux's Landlock; it needs no rights of its own."""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

CREATE, ADD_RULE, RESTRICT = 444, 445, 446
ASK_VERSION, PATH_BENEATH = 1, 1
READ_FILE, READ_FOLDER = 1 << 2, 1 << 3
# How many rights over files each version of Landlock knows; later ones know as many as the last.
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
LATEST_RIGHTS = 16
# Versions from which it also closes TCP, and abstract sockets and signals to others.
NETWORK_SINCE, SCOPES_SINCE = 4, 6
ALL_NETWORK = ALL_SCOPES = 3
NO_NEW_PRIVS = 38


def version() -> int:
    """Return the version this kernel offers, 0 if it has none or may not use it."""
    return max(_libc().syscall(CREATE, None, ctypes.c_size_t(0), ASK_VERSION), 0)


def restrict(readable: Iterable[str]) -> None:
    """Leave this thread nothing of the file system but to read these files and folders."""
    libc = _libc()
    rules = _checked(libc.syscall(CREATE, *_handled(version()), 0))
    for path in readable:
        _allow(libc, rules, path)
    if libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError("this process can still gain rights")
    _checked(libc.syscall(RESTRICT, rules, 0))
    os.close(rules)


def _handled(version: int) -> tuple[ctypes.Array[ctypes.c_char], ctypes.c_size_t]:
    """Return all that is forbidden unless a rule allows it, as the kernel reads it."""
    handled = [(1 << FILE_RIGHTS.get(version, LATEST_RIGHTS)) - 1]
    handled += [ALL_NETWORK] if version >= NETWORK_SINCE else []
    handled += [ALL_SCOPES] if version >= SCOPES_SINCE else []
    content = struct.pack(f"{len(handled)}Q", *handled)
    return ctypes.create_string_buffer(content, len(content)), ctypes.c_size_t(len(content))


def _allow(libc: ctypes.CDLL, rules: int, path: str) -> None:
    """Add a rule; what is not there, or closed to this user, needs none."""
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    rights = READ_FILE | READ_FOLDER if Path(path).is_dir() else READ_FILE
    rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, opened))
    _checked(libc.syscall(ADD_RULE, rules, PATH_BENEATH, rule, 0))
    os.close(opened)


def _checked(answer: int) -> int:
    if answer < 0:
        raise OSError(ctypes.get_errno(), "Landlock refused a rule")
    return answer


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
