"""A pseudo-terminal with a person in front of it."""

import contextlib
import os
import select
import subprocess
import time
from pathlib import Path

from tests.journeys.projects import AIFP, PATIENCE_S


def at_a_terminal(folder: Path, *arguments: str, says: list[tuple[str, str]]) -> tuple[int, str]:
    """Run a command at a terminal; `says` holds what is awaited and what is typed then."""
    person, terminal = os.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*AIFP, *arguments],
        cwd=folder,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    try:
        shown = _talk(person, list(says))
        return process.wait(PATIENCE_S), shown
    finally:
        process.kill()
        process.wait()
        os.close(person)


def _talk(person: int, says: list[tuple[str, str]]) -> str:
    shown, seen = "", 0
    end = time.monotonic() + PATIENCE_S
    while part := _next(person, end):
        shown += part
        while says and says[0][0] in shown[seen:]:
            seen = len(shown)
            os.write(person, (says.pop(0)[1] + "\n").encode())
    assert not says, f"nobody asked {says[0][0]!r}: {shown}"
    return shown.replace("\r\n", "\n")


def _next(person: int, end: float) -> str:
    """Return what appears next; nothing when the other side has hung up."""
    ready, _, _ = select.select([person], [], [], max(0.0, end - time.monotonic()))
    assert ready, "the command neither spoke nor ended"
    with contextlib.suppress(OSError):
        return os.read(person, 65_536).decode("utf-8", "replace")
    return ""
