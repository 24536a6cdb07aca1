"""The other side: a small HTTP service on loopback that counts what really arrives."""

import json
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# The freezer warms by so much with each reading, up to the warmest.
COLDEST, WARMER, WARMEST = -18, 2, -8
LARGEST_BODY = 65_536


class Service:
    """Answers every POST with a number; refuses the first bill; its freezer gets warmer."""

    def __init__(self) -> None:
        self.accepted: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[tuple[str, str]] = Counter()
        self._freezer = COLDEST
        self._turn = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        """Return where it listens."""
        return self._server.server_port

    def run(self) -> None:
        """Serve until closed."""
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """End, and give the port back."""
        self._server.shutdown()
        self._server.server_close()

    def read(self) -> dict[str, Any]:
        """Answer a reading of the freezer."""
        with self._turn:
            told, self._freezer = self._freezer, min(self._freezer + WARMER, WARMEST)
        return {"celsius": told}

    def take(self, path: str, key: str) -> tuple[int, dict[str, Any]]:
        """Take one request; the same key is the same wish, and is done once."""
        with self._turn:
            if path == "/bills" and not self.refused:
                self.refused[path, key] += 1
                return 503, {"error": "closed for a moment"}
            self.accepted[path, key] += 1
            number = len([one for one in self.accepted if one[0] == path])
        return 200, {"number": number, "orders": 3}

    def keys(self, path: str) -> dict[str, int]:
        """Return how often each idempotency key was accepted at a path."""
        return {key: count for (at, key), count in self.accepted.items() if at == path}


@contextmanager
def serving() -> Generator[Service]:
    """Serve on a free port while the block runs."""
    service = Service()
    thread = threading.Thread(target=service.run, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.close()
        thread.join()


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Speaks HTTP for the service."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Answer a reading."""
            self._answer(200, service.read())

        def do_POST(self) -> None:
            """Take a request."""
            length = min(int(self.headers.get("Content-Length") or 0), LARGEST_BODY)
            self.rfile.read(length)
            self._answer(*service.take(self.path, self.headers.get("Idempotency-Key", "")))

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the demo tells what happened."""

    return Handler
