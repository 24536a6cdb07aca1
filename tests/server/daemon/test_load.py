"""Eight clients at once on the real product, and clients that do not read."""

import asyncio
import os
import signal
import statistics
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from aifp.server.daemon.address import daemon_pid
from tests.server.daemon.processes import PipeClient, environment, pipe
from tests.server.mcp.test_malformed import flood

READS: list[tuple[str, dict[str, Any]]] = [
    ("user_directive_status", {}),
    ("get_engine_status", {}),
    ("get_directives_by_status", {"status": "active"}),
    ("search_tools", {"query": "runs"}),
]


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


def tree(folder: Path) -> list[str]:
    return [str(file) for file in folder.rglob("*")]


def write_directive(project: Path, name: str) -> None:
    text = f'directives:\n  {name}:\n    at: 08:00\n    do: notify log "hello"\n'
    (project / "directives" / f"{name}.yaml").write_text(text)


def open_files(pid: int) -> set[str]:
    links = Path(f"/proc/{pid}/fd").iterdir()
    return {os.readlink(link) for link in links if link.is_symlink()}  # noqa: PTH115


async def product(*arguments: str, project: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "aifp.server.cli.main",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(AIFP_CONFIG=str(project / "config")),
        limit=1 << 24,
    )


async def load(client: PipeClient, place: int, seconds: float) -> list[float]:
    """Mix reads with writes and return how long each call took."""
    spent: list[float] = []
    until, number = perf_counter() + seconds, 0
    while perf_counter() < until:
        number += 1
        name, arguments = READS[number % len(READS)]
        if number % 5 == 0:
            name = "user_directive_parse"
            arguments = {"file_path": f"directives/d{place}.yaml"}
        began = perf_counter()
        answer = await client.request(number, "tools/call", name=name, arguments=arguments)
        spent.append(perf_counter() - began)
        assert answer["id"] == number
        assert answer["result"]["structuredContent"].get("success", True), answer
    return spent


@pytest.mark.req("F04")
@pytest.mark.nightly
@pytest.mark.timeout(300)
async def test_eight_pipes_share_one_daemon_under_mixed_load(project: Path) -> None:
    made = await product("init", str(project), project=project)
    _, errors = await made.communicate()
    assert made.returncode == 0, errors.decode()
    for place in range(8):
        write_directive(project, f"d{place}")
    serve = ("serve", "--project", str(project))
    clients = [PipeClient(await product(*serve, project=project)) for _ in range(8)]
    for client in clients:
        await client.initialize()
    seconds = float(os.environ.get("LOAD_SECONDS", "60"))
    spent = await asyncio.gather(*(load(c, place, seconds) for place, c in enumerate(clients)))
    pid = daemon_pid(str(project))
    assert pid and any(name.endswith(".db") for name in open_files(pid))
    for client in clients:
        assert not [name for name in open_files(client.process.pid) if ".db" in name]
        client.writer.close()
        assert await client.ended() == 0
    log = (project / ".aifp-project" / "daemon.log").read_text()
    assert "locked" not in log
    assert not [file for file in tree(project) if "corrupt" in file]
    assert statistics.quantiles([s for each in spent for s in each], n=100)[98] < 0.25


@pytest.mark.req("X16")
@pytest.mark.parametrize("umask", [0o000, 0o077])
async def test_all_that_the_product_keeps_is_private(project: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        made = await product("init", str(project), project=project)
        await made.communicate()
        write_directive(project, "d")
        client = PipeClient(await product("serve", "--project", str(project), project=project))
        await client.initialize()
        arguments = {"file_path": "directives/d.yaml"}
        await client.request(1, "tools/call", name="user_directive_parse", arguments=arguments)
        kept = [project / ".aifp-project", project / "config"]
        places = [place for top in kept for place in (top, *map(Path, tree(top)))]
        modes = {str(place): place.lstat().st_mode & 0o777 for place in places}
        client.writer.close()
        await client.ended()
    finally:
        os.umask(before)
    assert any(name.endswith(".db") for name in modes)
    assert not {name: oct(mode) for name, mode in modes.items() if mode & 0o077}


@pytest.mark.req("I27")
async def test_a_flood_through_the_pipe_is_held_back_in_every_process(project: Path) -> None:
    async with pipe(project) as client, pipe(project) as other:
        await client.initialize()
        await other.initialize()
        pid = daemon_pid(str(project))
        assert pid
        before = resident_mb(pid)

        async def send() -> None:
            for line in flood(10_000):
                client.writer.write(line)
                await client.writer.drain()

        async with asyncio.TaskGroup() as group:
            sending = group.create_task(send())
            for _ in range(50):
                assert await other.alive()
            assert resident_mb(pid) - before < 60
            assert resident_mb(client.process.pid) < 30
            for _ in range(10_000):
                assert "result" in await client.receive()
            await sending


@pytest.mark.req("I25")
async def test_the_end_of_the_daemon_answers_what_is_open(project: Path) -> None:
    params = {"name": "wait", "arguments": {"seconds": 60}}
    async with pipe(project) as client:
        await client.initialize()
        await client.send({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        # What the daemon has not begun it need not answer; after some rounds the call is under way.
        for number in range(2, 12):
            assert (await client.request(number, "ping"))["id"] == number
        pid = daemon_pid(str(project))
        assert pid
        os.kill(pid, signal.SIGTERM)
        assert (await client.receive())["error"]["message"] == "Connection closed"
        assert await client.ended() == 1
