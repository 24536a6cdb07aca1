import asyncio
import sys

import pytest

from tests.server.daemon.processes import PipeClient, environment

SCRIPT = """
import asyncio, sys
from aifp.server.daemon.inprocess import serve_stdio
from tests.server.mcp.wiring import fixture_sessions
asyncio.run(serve_stdio(fixture_sessions().serve, {}))
sys.stdout.write("after")
"""


async def one_process() -> PipeClient:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SCRIPT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
    )
    client = PipeClient(process)
    await client.initialize()
    return client


@pytest.mark.req("I28")
async def test_one_process_serves_stdio_and_keeps_prints_off_the_wire() -> None:
    client = await one_process()
    answer = await client.request(1, "tools/call", name="shout", arguments={})
    assert answer["result"]["structuredContent"] == {"success": True}
    client.writer.close()
    out, errors = await client.process.communicate()
    assert (client.process.returncode, out) == (0, b"after")
    assert b"noise on stdout" in errors


async def test_one_process_ends_in_order_on_a_signal() -> None:
    client = await one_process()
    client.process.terminate()
    assert await client.ended() == 0
    assert await client.reader.read() == b"after"
    client.writer.close()
