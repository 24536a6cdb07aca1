"""One worker process as the daemon sees it: started, spoken to, killed."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from pathlib import Path

import wasmtime

import aifp
from aifp.server.sandbox import frames
from aifp.server.sandbox.frames import WorkerLost

# A worker starts in about 0.1 s; this is for a machine under heavy load.
START_SECONDS = 30.0
# A healthy worker takes even the largest frame in milliseconds.
SEND_SECONDS = 10.0
# -I and -S keep the user's environment, folder and site packages out; these two are all it needs.
PATHS = (str(Path(aifp.__file__).parent.parent), str(Path(wasmtime.__file__).parent.parent))
START = "import sys; sys.path[:0] = {paths!r}; from {module} import main; main()"


async def start(module: str, *arguments: str, environment: Mapping[str, str] = {}) -> Process:
    """Start a Python process that sees the standard library and aifp's own packages only."""
    code = START.format(paths=list(PATHS), module=module)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-S", "-c", code),
        *arguments,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={**_environment(), **environment},
        cwd=Path(sys.executable).anchor,
        start_new_session=True,
    )


class WorkerProcess:
    """A worker; `spoiled` means that it must be killed; `held` are packages by size."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._ready = False
        self.spoiled = False
        self.locked = False
        self.held: dict[str, int] = {}

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    async def ready(self) -> None:
        """Wait until the worker has locked itself down and takes jobs."""
        if self._ready:
            return
        kind, payload = await self.receive(START_SECONDS)
        if kind != frames.READY:
            raise WorkerLost("the worker did not say that it is ready")
        self.locked = bool(json.loads(payload)["locked"])
        self._ready = True

    async def send(self, kind: bytes, payload: bytes = b"") -> None:
        """Send one frame; TimeoutError when the worker does not take it."""
        pipe = self._process.stdin
        if pipe is None or pipe.is_closing():
            raise WorkerLost("the worker is gone")
        try:
            pipe.write(frames.pack(kind, payload))
            async with asyncio.timeout(SEND_SECONDS):
                await pipe.drain()
        except OSError as error:
            raise WorkerLost("the worker is gone") from error

    async def receive(self, seconds: float) -> tuple[bytes, bytes]:
        """Return the next frame; TimeoutError when it does not come in time."""
        pipe = self._process.stdout
        if pipe is None:
            raise WorkerLost("the worker is gone")
        try:
            async with asyncio.timeout(seconds):
                return await frames.read(pipe)
        except asyncio.IncompleteReadError as error:
            raise WorkerLost("the worker is gone") from error

    def is_usable(self) -> bool:
        """Say whether the process runs and holds no half-finished job."""
        return self._process.returncode is None and not self.spoiled

    def stop(self) -> None:
        """End the process now, without waiting for that."""
        self.spoiled = True
        if self._process.returncode is None:
            _kill(self._process)

    async def kill(self) -> int:
        """End the process now and collect it; returns how it ended."""
        self.stop()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return await self._process.wait()


def _kill(process: Process) -> None:
    """End a process; asyncio's own way would collect one that has ended, and how it did."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    """Return an empty environment; Windows cannot start a process without its system folder."""
    if sys.platform != "win32":
        return {}
    return {"SYSTEMROOT": str(Path(sys.executable).anchor) + "Windows"}
