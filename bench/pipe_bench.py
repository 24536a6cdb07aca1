"""Measure what the pipe costs: start to initialized and one echo call, as ratios.

    python bench/pipe_bench.py [ROUNDS]

Three servers are started in turn in every round, so that a busy machine hits all alike:
floor (a script that only parses and prints JSON), sdk (the SDK's low-level server on its own
stdio transport), aifp (`aifp serve` in front of a running daemon). Read the ratios, not the
milliseconds. The target: aifp is initialized within 50 ms, a bare pipe needs 17.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CALLS = 500

FLOOR = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        result = {"text": message["params"].get("arguments", {}).get("text")}
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": result}
        sys.stdout.write(json.dumps(answer) + chr(10))
        sys.stdout.flush()
"""
SDK = """
import anyio, mcp_types as t
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
async def list_tools(ctx, params):
    return t.ListToolsResult(tools=[t.Tool(name="echo", input_schema=SCHEMA)])
async def call_tool(ctx, params):
    text = params.arguments["text"]
    return t.CallToolResult(content=[t.TextContent(text=text)], structured_content={"text": text})
async def main():
    server = Server("sdk", on_list_tools=list_tools, on_call_tool=call_tool)
    async with stdio_server() as (r, w):
        await server.run(r, w, server.create_initialization_options())
anyio.run(main)
"""
INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "bench", "version": "1"},
}


class Server:
    """A server process spoken to in lines."""

    def __init__(self, command: list[str]) -> None:
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.began = time.perf_counter()
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ
        )
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the server has no pipes")
        self.stdin, self.stdout = self.process.stdin, self.process.stdout

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send one request and wait for its answer."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.stdin.write(json.dumps(message).encode() + b"\n")
        self.stdin.flush()
        return json.loads(self.stdout.readline())

    def initialize(self) -> float:
        """Return the milliseconds from process start to the answer."""
        self.ask("initialize", INITIALIZE)
        spent = (time.perf_counter() - self.began) * 1000
        self.stdin.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
        return spent

    def calls(self) -> list[float]:
        """Return the milliseconds of each of many calls."""
        spent: list[float] = []
        for number in range(CALLS):
            began = time.perf_counter()
            answer = self.ask("tools/call", {"name": "echo", "arguments": {"text": str(number)}})
            spent.append((time.perf_counter() - began) * 1000)
            if str(number) not in str(answer):
                raise RuntimeError(f"a wrong answer: {answer}")
        return spent

    def close(self) -> None:
        """End the input and wait."""
        self.stdin.close()
        self.process.wait()


def measure(rounds: int, commands: dict[str, list[str]]) -> dict[str, dict[str, float]]:
    """Start every server once a round and return the medians."""
    starts: dict[str, list[float]] = {name: [] for name in commands}
    calls: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            server = Server(command)
            starts[name].append(server.initialize())
            calls[name].extend(server.calls())
            server.close()
    return {
        name: {
            "start_ms": statistics.median(starts[name]),
            "call_ms": statistics.median(calls[name]),
            "call_p99_ms": statistics.quantiles(calls[name], n=100)[98],
        }
        for name in commands
    }


def table(results: dict[str, dict[str, float]]) -> str:
    """Return a table with ratios to the floor and to the SDK."""
    columns = ["start ms", "/floor", "/sdk", "call ms", "/floor", "/sdk", "p99 ms"]
    rows = [f"{'server':8}" + "".join(f"{column:>10}" for column in columns)]
    for name, found in results.items():
        numbers: list[float] = []
        for key in ("start_ms", "call_ms"):
            ratios = [found[key] / results[other][key] for other in ("floor", "sdk")]
            numbers += [found[key], *ratios]
        numbers.append(found["call_p99_ms"])
        rows.append(f"{name:8}" + "".join(f"{number:>10.2f}" for number in numbers))
    return "\n".join(rows) + "\n"


def main() -> None:
    """Run the rounds in a project of their own and end its daemon."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as project:
        first = Server(
            [sys.executable, "-m", "tests.server.daemon.small_serve", "--project", project]
        )
        first.initialize()
        first.close()
        serve = ["-m", "aifp.server.cli.main", "serve", "--project", project]
        commands = {
            "floor": [sys.executable, "-c", FLOOR],
            "sdk": [sys.executable, "-c", SDK],
            "aifp": [sys.executable, *serve],
        }
        try:
            sys.stdout.write(table(measure(rounds, commands)))
        finally:
            address = (Path(project) / ".aifp-project" / "daemon.addr").read_text()
            os.kill(int(address.split("pid ")[1]), signal.SIGTERM)
            time.sleep(1)


if __name__ == "__main__":
    main()
