"""Start real pipes and daemons as processes for the tests."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from aifp.server.daemon.address import daemon_pid
from tests.server.mcp.wiring import RawClient

ROOT = Path(__file__).parents[3]
SERVE = ["-m", "tests.server.daemon.small_serve"]
DAEMON = ["-m", "tests.server.daemon.small_daemon"]


def environment(**more: str) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **more}


async def start(*arguments: str, project: Path, **more: str) -> asyncio.subprocess.Process:
    """Start a Python module with the project as its flag."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        "--project",
        str(project),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(**more),
        cwd=project,
        limit=1 << 24,
    )


class PipeClient(RawClient):
    """Raw lines over the stdin and stdout of a pipe process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin and process.stdout and process.stderr
        super().__init__(process.stdout, process.stdin)
        self.process = process
        self.stderr = process.stderr

    async def request(self, request_id: object, method: str, **params: Any) -> dict[str, Any]:
        """Return the answer; what the server tells every client meanwhile is passed over."""
        answer = await super().request(request_id, method, **params)
        while "id" not in answer:
            answer = await self.receive()
        return answer

    async def ended(self) -> int:
        async with asyncio.timeout(15):
            return await self.process.wait()


@asynccontextmanager
async def pipe(project: Path, **more: str) -> AsyncGenerator[PipeClient]:
    """Run `aifp serve` for a while."""
    process = await start(*SERVE, project=project, **more)
    client = PipeClient(process)
    try:
        yield client
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@pytest.fixture
def project(tmp_path: Path) -> Generator[Path]:
    """Give a project folder whose daemon is ended afterwards."""
    yield tmp_path
    if pid := daemon_pid(str(tmp_path)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def starts(project: Path) -> list[int]:
    """Return the process ids of every daemon that was started."""
    return [int(line) for line in (project / "starts").read_text().split()]
