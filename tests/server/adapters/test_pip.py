import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from aifp.schemas.errors import LimitExceeded
from aifp.schemas.packages import PACKAGES, Pin
from aifp.server.adapters import pip
from aifp.server.adapters.machine import HostMachine
from tests.wheelhouse import add_wheel


class Endless(BaseHTTPRequestHandler):
    """An index whose one wheel never ends; `over` is set when nobody wants it any more."""

    over: Event

    def do_GET(self) -> None:
        self.send_response(200)
        if not self.path.endswith(".whl"):
            link = f"big-1.0-py3-none-any.whl#sha256={'0' * 64}"
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<a href="{link}">big</a>'.encode())
            return
        self.send_header("Content-Length", str(1 << 40))
        self.end_headers()
        self.wfile.write(bytes(5 << 20))
        self.over.wait()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Generator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    Endless.over = Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        Endless.over.set()
        server.shutdown()
        serving.join()


def resolve(machine: HostMachine) -> Awaitable[object]:
    return machine.resolve(["big"])


def fetch(machine: HostMachine) -> Awaitable[object]:
    return machine.place([Pin(name="big", version="1.0", hashes=("0" * 64,))], install=True)


def everything(folder: Path) -> list[Path]:
    return [*folder.rglob("*")]


@pytest.mark.parametrize("ask", [resolve, fetch])
async def test_a_download_without_end_is_ended_and_leaves_nothing(
    endless: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[HostMachine], Awaitable[object]],
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    monkeypatch.setattr(pip, "MAX_FETCHED", 2 << 20)
    async with asyncio.timeout(60):
        with pytest.raises(LimitExceeded, match="over 2 MB"):
            await ask(HostMachine(tmp_path, endless))
    assert everything(elsewhere) == everything(tmp_path / PACKAGES) == []


async def test_packages_that_are_together_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_wheel(tmp_path / "index", "big", "1.0", {"big.py": ""})
    machine = HostMachine(tmp_path, str(tmp_path / "index"))
    pins = await machine.resolve(["big"])
    monkeypatch.setattr(pip, "MAX_FETCHED", 10)
    with pytest.raises(LimitExceeded):
        await machine.place(pins, install=True)
    assert everything(tmp_path / PACKAGES) == []
    monkeypatch.undo()
    assert await machine.place(pins, install=True)
