import asyncio
import os
import signal
import stat
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from aifp.server.daemon.address import daemon_pid
from aifp.server.daemon.control import ask_daemon
from tests.server.daemon.processes import DAEMON, SERVE, environment, pipe, start, starts
from tests.server.mcp.wiring import data_of

WAIT = {"name": "wait", "arguments": {"seconds": 60}}


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_a_client_reaches_the_daemon_through_the_pipe(project: Path, mode: str) -> None:
    parameters = StdioServerParameters(
        command=sys.executable, args=[*SERVE, "--project", str(project)], env=environment()
    )
    async with Client(cast("Any", stdio_client(parameters)), mode=cast("Any", mode)) as client:
        answer = await client.call_tool("echo", {"text": "over the pipe"})
        tools = await client.list_tools()
    assert data_of(answer)["text"] == "over the pipe"
    assert tools.tools


async def test_the_toolsets_of_one_client_are_its_own(project: Path) -> None:
    async with pipe(project, AIFP_TOOLSETS="things") as first, pipe(project) as second:
        lists: list[str] = []
        for client in (first, second):
            await client.initialize()
            lists.append(str(await client.request(1, "tools/list")))
    assert "get_things_by_status" in lists[0] and "'echo'" not in lists[0]
    assert "'echo'" in lists[1]


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("AIFP_TOOLSETS", "no toolset nothing. There are: all, core, things, user."),
        ("AIFP_TOOLS", "no tool nothing."),
    ],
)
async def test_an_unknown_toolset_or_tool_ends_the_pipe_and_names_what_there_is(
    project: Path, variable: str, told: str
) -> None:
    process = await start(*SERVE, project=project, **{variable: "nothing"})
    out, errors = await process.communicate(b"")
    assert (process.returncode, out) == (1, b"")
    assert told in errors.decode()


@pytest.mark.req("F05", "D90")
async def test_eight_pipes_at_once_start_one_daemon(project: Path) -> None:
    processes = [await start(*SERVE, project=project) for _ in range(8)]
    hello = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
    outputs = await asyncio.gather(*(process.communicate(hello) for process in processes))
    assert [out for out, _ in outputs] == [b'{"jsonrpc":"2.0","id":1,"result":{}}\n'] * 8
    assert len(starts(project)) == 1


@pytest.mark.req("F05", "D90")
async def test_a_second_daemon_refuses_with_the_process_id_of_the_first(project: Path) -> None:
    async with pipe(project) as client:
        await client.initialize()
        second = await start(*DAEMON, project=project)
        _, errors = await second.communicate()
    assert second.returncode == 3
    assert f"process {daemon_pid(str(project))}" in errors.decode()


@pytest.mark.req("F05", "D90")
async def test_the_lock_and_address_of_a_killed_daemon_are_taken_over(project: Path) -> None:
    async with pipe(project) as first:
        await first.initialize()
        killed = daemon_pid(str(project))
        assert killed
        os.kill(killed, signal.SIGKILL)
        assert await first.ended() == 1
        assert f"process {killed}" in (await first.stderr.read()).decode()
    async with pipe(project) as second:
        await second.initialize()
        assert await second.alive()
    assert daemon_pid(str(project)) != killed


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
async def test_the_daemon_is_nobodys_child(project: Path) -> None:
    async with pipe(project) as client:
        await client.initialize()
        status = (Path("/proc") / str(daemon_pid(str(project))) / "status").read_text()
    parent = next(line for line in status.splitlines() if line.startswith("PPid:"))
    assert parent.split()[1] not in (str(client.process.pid), str(os.getpid()))


@pytest.mark.req("F03")
async def test_a_killed_pipe_leaves_the_daemon_and_other_clients_unharmed(project: Path) -> None:
    async with pipe(project) as first, pipe(project) as second:
        await first.initialize()
        await second.initialize()
        await first.send({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": WAIT})
        first.process.kill()
        await first.ended()
        assert await second.alive()
    assert len(starts(project)) == 1


@pytest.mark.req("F03")
async def test_the_pipe_ends_soon_after_its_client_even_during_a_call(project: Path) -> None:
    async with pipe(project) as client:
        await client.initialize()
        await client.send({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": WAIT})
        client.writer.close()
        assert await client.ended() == 0


@pytest.mark.req("F03")
async def test_the_pipe_ends_at_once_when_nothing_is_open(project: Path) -> None:
    async with pipe(project) as client:
        await client.initialize()
        client.writer.close()
        assert await client.ended() == 0
        assert await client.stderr.read() == b""


async def test_the_pipe_says_why_the_daemon_ended(project: Path) -> None:
    async with pipe(project) as client:
        await client.initialize()
        pid = daemon_pid(str(project))
        assert pid
        os.kill(pid, signal.SIGTERM)
        assert await client.ended() == 1
        assert "SIGTERM" in (await client.stderr.read()).decode()


async def test_the_pipe_says_why_the_daemon_does_not_start(project: Path) -> None:
    async with pipe(project, IDLE_MINUTES="nonsense") as client:
        assert await client.ended() == 1
        assert "could not convert string to float" in (await client.stderr.read()).decode()


@pytest.mark.req("X02")
async def test_a_client_cannot_reach_the_control_protocol(project: Path) -> None:
    async with pipe(project) as client:
        await client.send(b"aifp 1 control")
        assert "error" in await client.receive()
        await client.send({"do": "stop", "with": {}})
        assert "error" in await client.receive()
        await client.initialize()
        assert await client.alive()


async def test_the_command_line_asks_the_daemon_beside_its_clients(project: Path) -> None:
    async with pipe(project) as client:
        await client.initialize()
        status = await asyncio.to_thread(ask_daemon, project, "status")
        assert status == {"pid": daemon_pid(str(project)), "clients": 2}
        assert await asyncio.to_thread(ask_daemon, project, "stop") == {"stopped": True}
        assert await client.ended() == 1


@pytest.mark.req("X16")
@pytest.mark.parametrize("umask", [0o000, 0o077])
async def test_everything_is_private_whatever_the_umask(project: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        async with pipe(project) as client:
            await client.initialize()
            folder = project / ".aifp-project"
            modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}
            modes[folder] = stat.S_IMODE(folder.stat().st_mode)
            sockets = [path for path in modes if path.is_socket()]
    finally:
        os.umask(before)
    assert sockets
    wrong = {path: oct(mode) for path, mode in modes.items() if mode & 0o077}
    assert not wrong


OTHER_USER = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
link = socket.socket(socket.AF_UNIX); link.settimeout(10)
link.connect(sys.argv[1])
try:
    link.sendall(b"aifp 1 control\\n")
    sys.stdout.write(repr(link.recv(10)))
except OSError as turned_away:
    sys.stdout.write(repr(b""))
"""


@pytest.mark.req("X16")
@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")
async def test_another_user_is_turned_away_even_when_the_modes_let_it_in(project: Path) -> None:
    async with pipe(project) as client:
        await client.initialize()
        path = project / ".aifp-project" / "run" / "d.sock"
        for place in (path, *path.parents):
            if place.is_relative_to("/tmp") and place != Path("/tmp"):  # noqa: S108
                place.chmod(0o777)
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", OTHER_USER, str(path), stdout=asyncio.subprocess.PIPE
        )
        output, _ = await other.communicate()
        assert output == b"b''"
        assert await client.alive()
