"""The socket of the hooks: off until a port is set, closed with the engine."""

import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

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

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        self._app, self._host, self._wanted = app, host, port
        self._server: uvicorn.Server | None = None
        self.port: int | None = None

    async def run(self) -> None:
        """Serve until cancelled or closed."""
        with _listening(self._host, self._wanted) as listening:
            self.port = int(listening.getsockname()[1])
            config = uvicorn.Config(
                self._app,
                log_config=None,
                access_log=False,
                lifespan="off",
                limit_concurrency=CONCURRENCY,
                timeout_keep_alive=IDLE_S,
                timeout_graceful_shutdown=GRACE_S,
                server_header=False,
            )
            self._server = _Quiet(config)
            try:
                await self._server.serve(sockets=[listening])
            finally:
                self.port = None

    def close(self) -> None:
        """Ask the server to end."""
        if self._server is not None:
            self._server.should_exit = True


@contextmanager
def _listening(host: str, port: int) -> Generator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as fault:
            text = f"The hooks cannot listen on {host}:{port}: {fault.strerror}."
            raise Unavailable(text) from fault
        listening.listen(BACKLOG)
        listening.setblocking(False)
        yield listening
