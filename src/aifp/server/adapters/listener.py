"""A socket of this machine that speaks HTTP: bound first, then served, closed in order."""

import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from aifp.schemas.errors import Unavailable

BACKLOG = 128
# Requests in flight at once, and how long they may finish when the daemon ends.
CONCURRENCY, GRACE_S = 64, 2
IDLE_S = 10


class _Quiet(uvicorn.Server):
    """Leaves the signals of the process to the daemon."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class Listener:
    """Serves one application on one port."""

    def __init__(self, app: ASGIApp, host: str, port: int, name: str = "The hooks") -> None:
        self._app, self._host, self._wanted, self._name = app, host, port, name
        self._server = _Quiet(_config(app))
        self.port: int | None = None

    async def run(self) -> None:
        """Serve until cancelled or closed."""
        with self.bound() as listening:
            await self.serve(listening)

    @contextmanager
    def bound(self) -> Generator[socket.socket]:
        """Take the port; who connects now is answered as soon as it is served."""
        with _listening(self._name, self._host, self._wanted) as listening:
            self.port = int(listening.getsockname()[1])
            try:
                yield listening
            finally:
                self.port = None

    async def serve(self, listening: socket.socket) -> None:
        """Answer on a bound socket until cancelled or closed."""
        await self._server.serve(sockets=[listening])

    def close(self) -> None:
        """Ask the server to end."""
        self._server.should_exit = True


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        limit_concurrency=CONCURRENCY,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
    )


@contextmanager
def _listening(name: str, host: str, port: int) -> Generator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as fault:
            text = f"{name} cannot listen on {host}:{port}: {fault.strerror}."
            raise Unavailable(text) from fault
        listening.listen(BACKLOG)
        listening.setblocking(False)
        yield listening
