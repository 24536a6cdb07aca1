"""Where a project's daemon listens, and how to greet it.

Imports nothing but what the bare interpreter has loaded and C modules: `aifp serve` starts with
this and must be connected within a few milliseconds. `_socket` is the part of `socket` without
its 10 ms of Python.
"""

import _socket
import os
import sys

# Where unix sockets exist only they are used: the system vouches for the user at the other end,
# while an address file that came with a cloned project could name anybody's port.
HAS_UNIX = hasattr(_socket, "AF_UNIX")
FOLDER = ".aifp-project"
ADDRESS_FILE = "daemon.addr"
GREETING = "aifp 1"
WELCOME = b"ok\n"
# A daemon that takes longer to say ok is stuck.
WELCOME_SECONDS = 10.0
MAX_GREETING = 4096


class Refused(Exception):
    """The daemon, or what pretends to be one, cannot be used."""


def folder_of(project: str) -> str:
    """Return the folder that holds everything of a project's daemon."""
    return os.path.join(project, FOLDER)  # noqa: PTH118


def address_file(project: str) -> str:
    """Return the file that says where the daemon listens."""
    return os.path.join(project, FOLDER, ADDRESS_FILE)  # noqa: PTH118


def read_address(project: str) -> list[str] | None:
    """Return the words of the address: `unix PATH` or `tcp PORT TOKEN`, then `pid N`."""
    try:
        descriptor = os.open(address_file(project), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        if hasattr(os, "getuid") and os.fstat(descriptor).st_uid != os.getuid():
            raise Refused("The daemon's address file belongs to another user.")
        return os.read(descriptor, MAX_GREETING).decode("utf-8", "replace").split("\n")[:-1]
    finally:
        os.close(descriptor)


def daemon_pid(project: str) -> int | None:
    """Return the process id the daemon has published."""
    for line in read_address(project) or []:
        if line.startswith("pid "):
            return int(line[4:])
    return None


def connect(project: str, wish: str) -> _socket.socket | None:
    """Return a greeted connection, None when no daemon answers.

    wish is the rest of the greeting: `mcp ...` or `control`. Without a greeting a client's bytes
    would have to be trusted to say what they are for; so they come after it.
    """
    address = read_address(project)
    if not address:
        return None
    kind, _, rest = address[0].partition(" ")
    if (kind == "unix") != HAS_UNIX:
        return None
    family = _socket.AF_UNIX if HAS_UNIX else _socket.AF_INET
    link, answer = _socket.socket(family, _socket.SOCK_STREAM), b""
    try:
        answer = _greet(link, rest, wish)
    except OSError:
        return None
    finally:
        if answer != WELCOME:
            link.close()
    if answer.startswith(b"no "):
        raise Refused(answer[3:].decode("utf-8", "replace").strip())
    return link if answer == WELCOME else None


def _greet(link: _socket.socket, place: str, wish: str) -> bytes:
    """Connect, say what we want, return the daemon's word."""
    link.settimeout(WELCOME_SECONDS)
    secret = ""
    if HAS_UNIX:
        link.connect(place)
        if peer_uid(link) not in (None, os.getuid()):
            raise Refused("The daemon's socket belongs to another user.")
    else:
        port, _, token = place.partition(" ")
        secret = f" token={token}"
        link.connect(("127.0.0.1", int(port)))
    link.sendall(f"{GREETING} {wish}{secret}\n".encode())
    answer = _line(link)
    link.settimeout(None)
    return answer


def peer_uid(link: _socket.socket) -> int | None:
    """Return the user at the other end of a unix socket, None where the system cannot tell."""
    if hasattr(_socket, "SO_PEERCRED"):
        found = link.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
        return int.from_bytes(found[4:8], sys.byteorder)
    if sys.platform == "darwin":
        # struct xucred {version, uid, ...} from LOCAL_PEERCRED of level SOL_LOCAL.
        return int.from_bytes(link.getsockopt(0, 1, 76)[4:8], sys.byteorder)
    return None


def _line(link: _socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and len(line) < MAX_GREETING:
        byte = link.recv(1)
        if not byte:
            break
        line += byte
    return line
