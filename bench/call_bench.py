"""Measure what a client feels: start to initialized, the tool list, a read, a durable write.

The servers take turns in every round, so that a busy machine hits all alike: bare (a pipe of our
kind in front of a daemon that only echoes), sdk (the SDK's own minimal server on its stdio
transport), aifp (`aifp serve` in front of the real daemon). Of the rounds' medians the quietest
counts, for every server alike: what else the machine does is no cost of ours.
"""

import contextlib
import itertools
import json
import sqlite3
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from house import House
from pipe_bench import SDK, Server

ROUNDS, CALLS = 10, 200
TOKEN_BYTES = 4
DIRECTIVE = "job_0"
ADD_ALERT = """
INSERT INTO alerts (created_at, severity, code, subject_kind, subject_id, subject_name, message,
                    dedupe_key)
VALUES ('2026-01-01T00:00:00.000Z', 'info', 'bench', 'directive', '1', 'job_0', 'm', ?)
"""

ECHO_DAEMON = """
import asyncio, json, sys
async def serve(reader, writer):
    while line := await reader.readline():
        message = json.loads(line)
        if "id" in message:
            result = {"text": message["params"].get("arguments", {}).get("text")}
            answer = {"jsonrpc": "2.0", "id": message["id"], "result": result}
            writer.write(json.dumps(answer).encode() + b"\\n")
            await writer.drain()
async def main():
    async with await asyncio.start_unix_server(serve, sys.argv[1]) as server:
        print("ready", flush=True)
        await server.serve_forever()
asyncio.run(main())
"""
BARE_PIPE = """
import _socket, _thread, os, sys
link = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
link.connect(sys.argv[1])
def upload():
    while data := os.read(0, 65536):
        link.sendall(data)
    os._exit(0)
_thread.start_new_thread(upload, ())
while data := link.recv(65536):
    os.write(1, data)
"""

Measures = dict[str, list[float]]


def add_alerts(project: Path, count: int) -> None:
    """Put open alerts into the database of a daemon that is down: each write changes a row."""
    path = project / ".aifp-project" / "user_directives.db"
    db = sqlite3.connect(path)  # noqa: TID251 - no daemon runs
    db.executemany(ADD_ALERT, [(f"bench-{number}",) for number in range(count)])
    db.commit()
    db.close()


def measure_calls(house: House) -> dict[str, float]:
    """Return milliseconds by `server what`, and the tool list's size."""
    for _ in house.fill(1):
        house.end()
    add_alerts(house.project, ROUNDS * CALLS)
    house.start()
    numbers = itertools.count(1)
    found: Measures = defaultdict(list)
    with _echo_daemon(house.project / "echo.sock") as echo:
        servers = _servers(house.project, echo)
        for _ in range(ROUNDS):
            for name, command in servers.items():
                _visit(name, Server(command), found, numbers)
    return {what: min(medians) for what, medians in found.items()}


@contextlib.contextmanager
def _echo_daemon(path: Path) -> Generator[Path]:
    command = [sys.executable, "-c", ECHO_DAEMON, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own code
        assert process.stdout  # noqa: S101 - asked for above
        process.stdout.readline()
        try:
            yield path
        finally:
            process.terminate()


def _servers(project: Path, echo: Path) -> dict[str, list[str]]:
    serve = ["-P", "-m", "aifp.server.cli.main", "serve", "--project", str(project)]
    return {
        "bare": [sys.executable, "-S", "-P", "-c", BARE_PIPE, str(echo)],
        "sdk": [sys.executable, "-c", SDK],
        "aifp": [sys.executable, *serve],
    }


def _visit(name: str, server: Server, found: Measures, numbers: "itertools.count[int]") -> None:
    found[f"{name} start"].append(server.initialize())
    if name != "aifp":
        found[f"{name} call"].append(_median(server, "echo", lambda: {"text": "hello"}))
    else:
        tools = server.ask("tools/list", {})["result"]["tools"]
        found["tools"].append(len(tools))
        found["tokens"].append(_tokens(tools))
        read = _median(server, "get_directive_by_name", lambda: {"name": DIRECTIVE})
        found["read"].append(read)
        write = _median(server, "acknowledge_alert", lambda: {"alert_id": next(numbers)})
        found["write"].append(write)
    server.close()


def _tokens(tools: list[dict[str, Any]]) -> float:
    return len(json.dumps(tools, ensure_ascii=False, separators=(",", ":")).encode()) / TOKEN_BYTES


def _median(server: Server, tool: str, arguments: Callable[[], dict[str, Any]]) -> float:
    spent: list[float] = []
    for _ in range(CALLS):
        given = arguments()
        began = time.perf_counter()
        answer = server.ask("tools/call", {"name": tool, "arguments": given})
        spent.append((time.perf_counter() - began) * 1000)
        if "error" in answer or answer["result"].get("isError"):
            raise RuntimeError(f"{tool} refused: {answer}")
    return statistics.median(spent)
