"""Start a program: a list of arguments, a bare environment, and an end for it and its children."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aifp.schemas.errors import LimitExceeded

MOST_OUTPUT = 1_048_576
MOST_ERRORS = 2_000
PIECE = 65_536
# F16: a program whose run is over is asked to end, and this many seconds later it is killed; then
# its pipes are emptied at most so long. With the grace of the stop switch both fit into 2 s (D102).
GRACE_SECONDS, EMPTYING_SECONDS = 0.5, 0.25
# Where programs find others; what else a program must know is named in its directive.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Order:
    """What is started: the file itself, the arguments it sees, and where it works."""

    executable: str
    arguments: Sequence[str]
    folder: str
    variables: Mapping[str, str]
    stdin: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit code, what it printed, the end of what it complained."""

    exit: int
    text: str
    errors: str


class Programs:
    """Runs programs, each in a process group of its own."""

    async def run(self, order: Order) -> Ended:
        """Run one to its end; called off, nothing of it is left alive."""
        process = await asyncio.create_subprocess_exec(
            *order.arguments,
            executable=order.executable,
            cwd=order.folder,
            env={**_environment(), **order.variables},
            stdin=DEVNULL if order.stdin is None else PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )
        try:
            return await _watched(process, order)
        finally:
            await _end(process)


async def _watched(process: Process, order: Order) -> Ended:
    _, (text, too_much), errors = await asyncio.gather(
        _feed(process, order.stdin), _collected(process), _complaints(process)
    )
    if too_much:
        raise LimitExceeded(f"{order.arguments[0]} printed more than {MOST_OUTPUT:,} bytes.")
    code = await process.wait()
    return Ended(code, text.decode(errors="replace"), errors.decode(errors="replace"))


async def _feed(process: Process, text: str | None) -> None:
    """Write the input; a program may end without reading it."""
    if process.stdin is None or text is None:
        return
    try:
        process.stdin.write(text.encode("utf-8", "surrogatepass"))
        await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        return
    finally:
        process.stdin.close()


async def _collected(process: Process) -> tuple[bytes, bool]:
    """Return what a program prints, and whether it is ended because that was too much."""
    parts: list[bytes] = []
    room = MOST_OUTPUT
    while process.stdout is not None and (part := await process.stdout.read(PIECE)):
        parts.append(part)
        room -= len(part)
        if room < 0:
            _signal(process, hard=True)
            return b"", True
    return b"".join(parts), False


async def _complaints(process: Process) -> bytes:
    """Return the end of what a program writes to its error output."""
    last = b""
    while process.stderr is not None and (part := await process.stderr.read(PIECE)):
        last = (last + part)[-MOST_ERRORS:]
    return last


async def _end(process: Process) -> None:
    """End what is left of the process group: first asked, then killed."""
    if process.returncode is None:
        _signal(process, hard=False)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GRACE_SECONDS):
                    await process.wait()
        finally:
            _signal(process, hard=True)
        await process.wait()
    else:
        _signal(process, hard=True)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(EMPTYING_SECONDS):
            await _emptied(process)


async def _emptied(process: Process) -> None:
    """Read what is left in the pipes, so that they close; nobody writes to them any more."""
    for pipe in (process.stdout, process.stderr):
        while pipe is not None and await pipe.read(PIECE):
            pass


def _signal(process: Process, *, hard: bool) -> None:
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL if hard else signal.SIGTERM)
    except (ProcessLookupError, PermissionError):
        return  # nobody is left


def _environment() -> dict[str, str]:
    """Return what every program sees; Windows cannot start one without its system folder."""
    if sys.platform != "win32":
        return ENVIRONMENT
    root = os.environ.get("SYSTEMROOT", "C:\\Windows")
    return {"SYSTEMROOT": root, "PATH": f"{root}\\System32"}
