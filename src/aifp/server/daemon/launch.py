"""Start a project's daemon detached, once however many pipes ask, and wait for it."""

import _socket
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO

from aifp.server.daemon.address import FOLDER, Refused, connect
from aifp.server.daemon.flags import CLIENT_VARIABLES
from aifp.server.daemon.lock import FileLock, Held

# Heavy imports on a busy machine; a healthy start takes about a second.
START_SECONDS = 60.0
_PAUSE_SECONDS = 0.02
_LOG_BYTES = 1_000_000
# Windows has no sessions; there the process must not share our console.
_DETACHED: int = getattr(subprocess, "DETACHED_PROCESS", 0)
# -P keeps the working folder out of the import path: a project may have a file json.py.
DAEMON_ARGUMENTS = ["-P", "-m", "aifp.server.cli.main", "daemon"]


def start_and_connect(project: str, wish: str) -> _socket.socket:
    """Return a greeted connection to the daemon, started if there is none."""
    folder = runtime_folder(project)
    starting = FileLock(folder / "start.lock")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with starting:
                return connect(project, wish) or _start(project, wish, folder, deadline)
        except Held:
            time.sleep(_PAUSE_SECONDS)
        if link := connect(project, wish):
            return link
    raise Refused(f"The daemon did not start within {START_SECONDS:.0f} s; see {_log(folder)}.")


def runtime_folder(project: str) -> Path:
    """Return the project's own folder, made private whatever the umask."""
    if not Path(project).is_dir():
        raise Refused(f"There is no folder {project}.")
    folder = Path(project) / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as fault:
        raise Refused(f"{folder} cannot be used: {fault.strerror}.") from None
    return folder


def _start(project: str, wish: str, folder: Path, deadline: float) -> _socket.socket:
    child = _spawn(project, folder)
    while time.monotonic() < deadline:
        if link := connect(project, wish):
            return link
        if child.poll() not in (None, 0):
            # It may have lost to a daemon that was started by hand and is still coming up.
            time.sleep(_PAUSE_SECONDS)
            if link := connect(project, wish):
                return link
            raise Refused(f"The daemon ended with code {child.returncode}: {_last_words(folder)}")
        time.sleep(_PAUSE_SECONDS)
    raise Refused(f"The daemon did not answer; see {_log(folder)}.")


def _spawn(project: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start the daemon so that it outlives us, our terminal and our client."""
    command = [sys.executable, *DAEMON_ARGUMENTS, "--project", project]
    environ = {key: value for key, value in os.environ.items() if key not in CLIENT_VARIABLES}
    with _open_log(folder) as log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=project,
            env=environ,
            start_new_session=True,
            creationflags=_DETACHED,
        )


def _open_log(folder: Path) -> BinaryIO:
    path = _log(folder)
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    path.chmod(0o600)
    return os.fdopen(descriptor, "ab")


def _log(folder: Path) -> Path:
    return folder / "daemon.log"


def _last_words(folder: Path) -> str:
    lines = _log(folder).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it left no word."
