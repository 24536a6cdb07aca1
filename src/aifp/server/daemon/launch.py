"""Start a project's daemon detached, once however many pipes ask, and wait for it."""

import _socket
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from aifp.server.daemon.address import FOLDER, Refused, connect
from aifp.server.daemon.flags import CLIENT_VARIABLES
from aifp.server.daemon.lock import FileLock, Held

# Heavy imports on a busy machine; a healthy start takes about a second.
START_SECONDS = 60.0
_PAUSE_SECONDS = 0.02
_LOG_BYTES = 1_000_000
_BETWEEN = """
import subprocess, sys
subprocess.Popen(sys.argv[2:], start_new_session=True, pass_fds=(int(sys.argv[1]),))
"""
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
    has_ended = _spawn(project, folder)
    while time.monotonic() < deadline:
        if link := connect(project, wish):
            return link
        if has_ended():
            # It may have lost to a daemon that was started by hand a moment before.
            if link := connect(project, wish):
                return link
            raise Refused(f"The daemon did not start: {_last_words(folder)}")
    raise Refused(f"The daemon did not answer; see {_log(folder)}.")


def _spawn(project: str, folder: Path) -> Callable[[], bool]:
    """Start the daemon so that it outlives us, our terminal and our client.

    Returns a question that waits a moment and tells whether the daemon has ended.
    """
    command = [sys.executable, *DAEMON_ARGUMENTS, "--project", project]
    environ = {key: value for key, value in os.environ.items() if key not in CLIENT_VARIABLES}
    with _open_log(folder) as log:
        spawn = _SPAWN.get(os.name, _spawn_orphan)
        return spawn(command, project, environ, log)


def _spawn_orphan(
    command: list[str], project: str, environ: dict[str, str], log: BinaryIO
) -> Callable[[], bool]:
    """Start through a short-lived process between: some clients kill the whole tree below us."""
    signs, held = os.pipe()
    try:
        subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-S", "-P", "-c", _BETWEEN, str(held), *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=project,
            env=environ,
            pass_fds=(held,),
            check=True,
        )
    finally:
        os.close(held)
    # The daemon holds the other end; it becomes readable when the daemon has ended.
    return lambda: bool(select.select([signs], [], [], _PAUSE_SECONDS)[0])


def _spawn_windows(
    command: list[str], project: str, environ: dict[str, str], log: BinaryIO
) -> Callable[[], bool]:
    """Start without a console of our own; Windows keeps no tree that ends with us."""
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=project,
        env=environ,
        creationflags=getattr(subprocess, "DETACHED_PROCESS", 0),
    )

    def has_ended() -> bool:
        time.sleep(_PAUSE_SECONDS)
        return child.poll() is not None

    return has_ended


_SPAWN = {"nt": _spawn_windows, "posix": _spawn_orphan}


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
