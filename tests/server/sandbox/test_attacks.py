"""Attempts to leave the sandbox: each must fail, say so, and leave the worker fit for others."""

import socket
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from aifp.server.sandbox.wasm import WasmSandbox
from tests.server.sandbox.doubles import AnySandbox, Host, job

ATTEMPTS = {
    "read the users file": "open('/etc/passwd').read()",
    "read a file by its full path": "open('{canary}').read()",
    "read through a path object": "pathlib.Path('{canary}').read_text()",
    "read by file descriptor": "os.read(os.open('{canary}', os.O_RDONLY), 10)",
    "climb out of the working folder": "open('../../../../../..{canary}').read()",
    "read the environment of the process": "open('/proc/self/environ').read()",
    "list the root folder": "os.listdir('/')",
    "write a new file": "open('{folder}/new', 'w')",
    "make a folder": "os.mkdir('{folder}/made')",
    "make a link": "os.symlink('/etc/passwd', '{folder}/link')",
    "make a temporary file": "tempfile.NamedTemporaryFile(dir='{folder}')",
    "delete a file": "os.remove('{canary}')",
    "open a database file": "__import__('sqlite3').connect('{folder}/a.db')",
    "map a file into memory": "__import__('mmap').mmap(0, 4096)",
    "connect to this machine": "socket.create_connection(('127.0.0.1', {port}), 1)",
    "connect a raw socket": "socket.socket().connect(('127.0.0.1', {port}))",
    "send a datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
    "resolve a name": "socket.getaddrinfo('localhost', {port})",
    "open a unix socket": "socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
    "fetch with urllib": "__import__('urllib.request').request.urlopen('http://127.0.0.1:{port}')",
    "fetch with http.client": (
        "__import__('http.client').client.HTTPConnection('127.0.0.1', {port}).request('GET', '/')"
    ),
    "connect with asyncio": "asyncio.run(asyncio.open_connection('127.0.0.1', {port}))",
    "listen on a port": "socket.create_server(('127.0.0.1', 0))",
    "fork": "os.fork()",
    "start a program": "__import__('subprocess').run(['true'])",
    "start a shell": "os.system('true') == 0 or 1 / 0",
    "spawn a program": "os.posix_spawn('/bin/true', ['true'], dict())",
    "replace the process": "os.execv('/bin/true', ['true'])",
    "signal another process": "os.kill(1, 0)",
    "start a thread": "__import__('threading').Thread(target=print).start()",
    "read a secret of the environment": "os.environ['AIFP_TEST_SECRET']",
    "wait without the host": "__import__('select').select([], [], [], 3600)",
    "write to the pipe of the worker": "os.write(1, b'x' * 100)",
    "read from the pipe of the worker": "os.read(0, 1) or 1 / 0",
    "end the worker": "os._exit(0)",
    "call what was not granted": "ctx.command(['true'])",
    "go around the grant": (
        """__import__('wit_world').host_call('[{{"function": "command", "arguments": {{}}}}]')"""
    ),
    "send garbage to the host": "__import__('wit_world').host_call('garbage')",
    "move the clock": """__import__('wit_world').host_call('{{"clock_us": 0}}')""",
    "call an unknown host function": (
        """__import__('wit_world').host_call('[{{"function": "shell", "arguments": {{}}}}]')"""
    ),
}
CODE = """
import asyncio, os, pathlib, socket, tempfile

def execute(ctx):
    {attempt}
    return "breached"
"""


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.fixture
def listener() -> Generator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.setblocking(False)
        yield server


@pytest.mark.req("D96", "X07")
@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
async def test_no_attempt_leaves_the_sandbox(
    attempt: str,
    each: AnySandbox,
    listener: socket.socket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("AIFP_TEST_SECRET", "secret")
    canary = tmp_path / "canary"
    canary.write_text("secret")
    port = listener.getsockname()[1]
    code = CODE.format(attempt=attempt.format(canary=canary, folder=tmp_path, port=port))
    host = Host()

    end = await each.run(job(code, functions=["log"]), host)

    assert end.status in {"error", "crashed"} and end.error, end
    assert host.batches == []
    assert names_in(tmp_path) == ["canary"]
    with pytest.raises(BlockingIOError):
        listener.accept()
    after = await each.run(job("def execute(ctx):\n    return 'fit'\n"))
    assert after.result == "fit"


async def test_the_environment_arguments_and_paths_inside_tell_nothing_about_the_host(
    each: AnySandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AIFP_TEST_SECRET", "secret")
    code = """
import os, sys
def execute(ctx):
    return [sorted(os.environ), sys.argv, os.getcwd(), sys.platform]
"""
    end = await each.run(job(code))
    assert "SECRET" not in str(end.result) and "/home" not in str(end.result)
    assert end.status == "ok" and isinstance(end.result, list)
    assert end.result[1:3] == [[], "/"]


async def test_code_in_webassembly_cannot_load_native_code(sandbox: WasmSandbox):
    end = await sandbox.run(job("import ctypes\ndef execute(ctx):\n    return 'breached'\n"))
    assert end.status == "error"
