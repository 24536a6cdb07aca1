"""The daemon's ear: a private unix socket, or where there is none a loopback port with a token."""

import asyncio
import contextlib
import hashlib
import hmac
import logging
import os
import secrets
import socket
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from aifp.schemas.errors import Unavailable
from aifp.server.daemon import address
from aifp.server.daemon.address import address_file, folder_of, peer_uid

logger = logging.getLogger(__name__)

# The system's limit for the path of a unix socket is 104 bytes on macOS and 108 on Linux.
MAX_SOCKET_PATH = 100


class Endpoint:
    """Where the daemon listens, and who may come in."""

    def __init__(self, project: Path, listener: socket.socket, token: str | None) -> None:
        self.listener = listener
        self._name = listener.getsockname()
        self._project = project
        self._token = token

    def publish(self) -> None:
        """Write the address file, readable by the owner only, in one step."""
        target = Path(address_file(str(self._project)))
        fresh = target.with_suffix(f".{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{self._address()}\npid {os.getpid()}\n")
        fresh.chmod(0o600)
        fresh.replace(target)

    def withdraw(self) -> None:
        """Remove the address and the socket: new clients start a new daemon."""
        Path(address_file(str(self._project))).unlink(missing_ok=True)
        if self._token is None:
            Path(self._name).unlink(missing_ok=True)
            # Its folder may be one in the system's place for temporary files.
            with contextlib.suppress(OSError):
                Path(self._name).parent.rmdir()

    def may_enter(self, writer: asyncio.StreamWriter) -> bool:
        """Tell whether the user at the other end is the one who started this daemon."""
        if self._token is not None:
            return True
        link: socket.socket = writer.get_extra_info("socket")
        with link.dup() as copy:
            return peer_uid(copy) in (None, os.getuid())

    def knows(self, token: str) -> bool:
        """Tell whether the greeting carried the token that only the owner can read."""
        return self._token is None or hmac.compare_digest(self._token, token)

    def _address(self) -> str:
        if self._token is None:
            return f"unix {self._name}"
        return f"tcp {self._name[1]} {self._token}"


Accept = Callable[[Endpoint, asyncio.StreamReader, asyncio.StreamWriter], None]


@asynccontextmanager
async def listening(project: Path, accept: Accept) -> AsyncGenerator[Endpoint]:
    """Listen for the project's clients while the context is open."""
    endpoint = _bound(project)
    server = await asyncio.start_server(partial(accept, endpoint), sock=endpoint.listener)
    endpoint.publish()
    try:
        yield endpoint
    finally:
        endpoint.withdraw()
        server.close()


def _bound(project: Path) -> Endpoint:
    if not address.HAS_UNIX:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind(("127.0.0.1", 0))
        return Endpoint(project, listener, secrets.token_urlsafe(32))
    for folder in _folders(project):
        try:
            return Endpoint(project, _bind_unix(folder), None)
        except OSError as fault:
            # A file system without sockets, such as some network and container mounts.
            logger.info("no socket in %s: %s", folder, fault)
    raise Unavailable("No folder of this machine can hold the daemon's socket.")


def _folders(project: Path) -> list[Path]:
    """Return private folders, best first; the socket's name depends on nothing in a client's
    environment because clients read it from the address file."""
    mark = hashlib.sha256(os.fsencode(project)).hexdigest()[:16]
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    places = [Path(folder_of(str(project))) / "run"]
    if runtime:
        places.append(Path(runtime) / f"aifp-{mark}")
    # Where TMPDIR is deep down as well, the plain one is still short.
    for folder in (Path(tempfile.gettempdir()), Path("/", "tmp")):
        places += [folder / f"aifp-{os.getuid()}-{mark}"]
    return [place for place in places if len(os.fsencode(place)) + 8 <= MAX_SOCKET_PATH]


def _bind_unix(folder: Path) -> socket.socket:
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if facts.st_uid != os.getuid() or folder.is_symlink():
        raise PermissionError(f"{folder} belongs to someone else")
    folder.chmod(0o700)
    path = folder / "d.sock"
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    path.chmod(0o600)
    return listener
