import asyncio
import sys
from pathlib import Path

import pytest

from tests.server.daemon.processes import PipeClient, environment
from tests.server.mcp.wiring import RawClient

SCRIPT = """
import asyncio, sys
from aifp.server.daemon.inprocess import serve_stdio
from tests.server.mcp.wiring import fixture_sessions
asyncio.run(serve_stdio(fixture_sessions().serve, {}))
sys.stdout.write("after")
"""


@pytest.mark.req("I28")
async def test_one_process_serves_stdio_and_keeps_prints_off_the_wire(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SCRIPT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
    )
    client: RawClient = PipeClient(process)
    await client.initialize()
    answer = await client.request(1, "tools/call", name="shout", arguments={})
    assert answer["result"]["structuredContent"] == {"success": True}
    client.writer.close()
    out, errors = await process.communicate()
    assert (process.returncode, out) == (0, b"after")
    assert b"noise on stdout" in errors
