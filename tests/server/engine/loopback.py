"""A real HTTP server on loopback that counts what it receives, for every test of effects."""

import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def key(self) -> str | None:
        return self.headers.get("idempotency-key")


@dataclass(slots=True)
class Reply:
    """One scripted answer."""

    status: int = 200
    body: bytes = b'{"ok": true}'
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    delay_s: float = 0.0
    byte_every_s: float = 0.0


class Loopback:
    """Remembers every request; answers by path, the last scripted answer for ever."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.echo = False
        self._replies: dict[str, list[Reply]] = {}
        self._turn = threading.Lock()
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Bound", (Handler,), {"loop": self})
        )
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        return self._server.server_port

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def script(self, path: str, *replies: Reply) -> None:
        """Answer this path with these, one after the other."""
        self._replies[path] = list(replies)

    def calls(self, method: str | None = None, path: str | None = None) -> list[Received]:
        return [
            r
            for r in self.received
            if (method is None or r.method == method) and (path is None or r.path == path)
        ]

    def unique_keys(self, path: str | None = None) -> set[str | None]:
        return {r.key for r in self.calls(path=path)}

    def answer(self, request: Received) -> Reply:
        with self._turn:
            self.received.append(request)
            replies = self._replies.get(request.path.partition("?")[0], [Reply()])
            return replies.pop(0) if len(replies) > 1 else replies[0]

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def loopback() -> Generator[Loopback]:
    """Serve on a free port while the block runs."""
    server = Loopback()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """Serves one request from the script of its loopback."""

    loop: Loopback
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Received(self.command, self.path, headers, self.rfile.read(length))
        reply = self.loop.answer(request)
        time.sleep(reply.delay_s)
        body = reply.body
        if self.loop.echo:
            body = repr(sorted(headers.items())).encode() + request.body
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self._send(body, reply.byte_every_s)
        self.close_connection = True

    def _send(self, body: bytes, byte_every_s: float) -> None:
        if not byte_every_s:
            self.wfile.write(body)
            return
        for byte in body:
            self.wfile.write(bytes([byte]))
            time.sleep(byte_every_s)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            return

    def log_message(self, format: str, *args: object) -> None:
        return
