"""The daemon in this process: greetings, tokens, the control line."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import NoSuch, Unavailable
from aifp.server.daemon import address
from aifp.server.daemon.address import Refused, address_file, connect, read_address
from aifp.server.daemon.control import ControlFailed, ask_daemon
from aifp.server.daemon.launch import runtime_folder
from aifp.server.daemon.lifetime import Lifetime
from aifp.server.daemon.server import Daemon
from tests.clock import FakeClock
from tests.server.mcp.wiring import fixture_sessions

ENDED = "the test is over"


async def no_work() -> bool:
    return False


async def echo(arguments: JsonMap) -> JsonMap:
    return {"said": arguments.get("text")}


async def refuse(_: JsonMap) -> JsonMap:
    raise NoSuch("There is no approval 7.", approval_id=7)


async def explode(_: JsonMap) -> JsonMap:
    raise ZeroDivisionError("secret")


@asynccontextmanager
async def daemon(project: Path) -> AsyncGenerator[Lifetime]:
    runtime_folder(str(project))
    lifetime = Lifetime(FakeClock(), no_work, 15)
    handlers = {"echo": echo, "refuse": refuse, "explode": explode}
    running = asyncio.ensure_future(
        Daemon(project, {"mcp": fixture_sessions().serve}, handlers, lifetime).run()
    )
    while read_address(str(project)) is None:
        await asyncio.sleep(0)
        assert not running.done()
    try:
        yield lifetime
    finally:
        lifetime.end(ENDED)
        assert await running == ENDED


async def ask(project: Path, do: str, **arguments: Any) -> JsonMap:
    return await asyncio.to_thread(ask_daemon, project, do, arguments)


async def test_the_command_line_gets_answers_refusals_and_nothing_of_surprises(
    tmp_path: Path,
) -> None:
    async with daemon(tmp_path):
        assert await ask(tmp_path, "echo", text="ä") == {"said": "ä"}
        with pytest.raises(ControlFailed, match="no approval 7") as refused:
            await ask(tmp_path, "refuse")
        with pytest.raises(ControlFailed) as surprised:
            await ask(tmp_path, "explode")
        with pytest.raises(ControlFailed, match="known: echo, explode, refuse"):
            await ask(tmp_path, "nothing")
    assert (refused.value.code, refused.value.details) == ("not_found", {"approval_id": 7})
    assert surprised.value.code == "internal" and "secret" not in str(surprised.value)


async def test_without_a_daemon_the_command_line_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No daemon"):
        await ask(tmp_path, "echo")


@pytest.mark.parametrize("wish", ["other", "mcp2", ""])
async def test_an_unknown_greeting_is_refused_with_advice(tmp_path: Path, wish: str) -> None:
    async with daemon(tmp_path):
        with pytest.raises(Refused, match="aifp stop"):
            await asyncio.to_thread(connect, str(tmp_path), wish)


async def test_a_greeting_of_garbage_reaches_nothing(tmp_path: Path) -> None:
    async with daemon(tmp_path):
        path = (read_address(str(tmp_path)) or [""])[0].removeprefix("unix ")
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"do": "echo"}\n')
        assert (await reader.read()).startswith(b"no ")
        writer.close()


async def test_the_end_removes_address_and_socket(tmp_path: Path) -> None:
    async with daemon(tmp_path):
        folder = Path(address_file(str(tmp_path))).parent
        assert (folder / "run" / "d.sock").is_socket()
    assert not (folder / "daemon.addr").exists()
    assert not (folder / "run" / "d.sock").exists()


@pytest.mark.parametrize("temporary", ["", "t" * 100])
async def test_a_project_with_a_long_path_gets_a_socket_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temporary: str
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("r" * 100)))
    if temporary:
        (tmp_path / temporary).mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / temporary))
    project = tmp_path / ("long" * 30)
    project.mkdir()
    async with daemon(project):
        place = (read_address(str(project)) or [""])[0]
        assert len(place) < 105 and "long" not in place
        assert await ask(project, "echo", text="a") == {"said": "a"}


async def test_without_unix_sockets_a_token_guards_a_loopback_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "HAS_UNIX", False)
    async with daemon(tmp_path):
        lines = read_address(str(tmp_path)) or []
        _, port, token = lines[0].split(" ")
        assert await ask(tmp_path, "echo", text="a") == {"said": "a"}
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        writer.write(b"aifp 1 control token=wrong\n")
        assert await reader.read() == b"no The token is wrong.\n"
        writer.close()
    assert len(token) > 30


async def test_an_address_that_came_with_a_cloned_project_is_not_followed(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    folder = runtime_folder(str(tmp_path))
    (folder / "daemon.addr").write_text(f"tcp {port} stolen\npid 1\n")
    assert await asyncio.to_thread(connect, str(tmp_path), "control") is None
    server.close()
    assert heard == []


@pytest.mark.req("X09")
async def test_two_projects_have_two_daemons(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    async with daemon(first), daemon(second):
        addresses = {str(read_address(str(project))) for project in (first, second)}
    assert len(addresses) == 2
