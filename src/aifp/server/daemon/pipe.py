"""`aifp serve`: a byte pipe between the client that started us and the project's daemon.

Standard library only, and as little of that as possible; see address.py.
"""

import _socket
import _thread
import importlib
import os
import time

from aifp.server.daemon.address import Refused, connect, daemon_pid, folder_of
from aifp.server.daemon.flags import NotOurs, read_flags

_CHUNK = 65536
# The daemon lets open calls finish for 3 s after the end of input; we are gone within 5 s.
LINGER_SECONDS = 4.5


def understands(argv: list[str]) -> bool:
    """Tell whether these flags are all the pipe's own; others need the full command line."""
    try:
        read_flags(argv, dict(os.environ))
    except NotOurs:
        return False
    return True


def main(argv: list[str]) -> int:
    """Connect this process's stdin and stdout to the daemon until one side ends."""
    project, wish = read_flags(argv, dict(os.environ))
    try:
        link = connect(project, wish) or _launch(project, wish)
    except Refused as refusal:
        _tell(str(refusal))
        return 1
    try:
        return shuttle(link, project)
    except KeyboardInterrupt:
        return 130


def shuttle(link: _socket.socket, project: str) -> int:
    """Carry bytes both ways; 0 when the client ended it, 1 when the daemon did."""
    ended: list[bool] = []
    _thread.start_new_thread(_upload, (link, ended))
    try:
        while data := _received(link):
            _write_all(1, data)
    except BrokenPipeError:
        return 0
    if not ended:
        _tell(why_it_ended(project))
    return 0 if ended else 1


def _upload(link: _socket.socket, ended: list[bool]) -> None:
    try:
        while data := _read_input():
            link.sendall(data)
        ended.append(True)
        link.shutdown(_socket.SHUT_WR)
    except OSError:
        # The daemon is gone; the other direction notices and tells why.
        return
    time.sleep(LINGER_SECONDS)
    os._exit(0)


def _read_input() -> bytes:
    """Return what the client sent; a hung-up terminal is an end like any other."""
    try:
        return os.read(0, _CHUNK)
    except OSError:
        return b""


def _received(link: _socket.socket) -> bytes:
    try:
        return link.recv(_CHUNK)
    except ConnectionError:
        return b""


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _launch(project: str, wish: str) -> _socket.socket:
    """Start the daemon; what that needs is imported only now."""
    launch = importlib.import_module("aifp.server.daemon.launch")
    return launch.start_and_connect(project, wish)


def why_it_ended(project: str) -> str:
    """Say why the daemon is gone: what it logged last, or that it left no word."""
    pid = daemon_pid(project)
    if pid is not None:
        return f"The daemon (process {pid}) died or dropped this connection. Start the client anew."
    try:
        with open(os.path.join(folder_of(project), "daemon.log"), "rb") as log:  # noqa: PTH118, PTH123
            log.seek(max(0, os.fstat(log.fileno()).st_size - 2000))
            last = log.read().decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
    except OSError:
        last = "it left no log"
    return f"The daemon ended: {last}"


def _tell(text: str) -> None:
    os.write(2, f"aifp: {text}\n".encode("utf-8", "replace"))
