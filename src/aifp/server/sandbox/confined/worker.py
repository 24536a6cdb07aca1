"""The worker of the process sandbox: runs one job, then ends.

It is started by `launch` with an environment of its own, sets everything up while nobody waits,
confines itself as soon as it knows its job, and only then runs code it was given. The daemon
measures it from outside and kills it, so nothing here is trusted once that code runs.
"""

import ctypes
import json
import os
import random
import signal
import sys
import time
from io import FileIO
from pathlib import Path
from typing import Any

from aifp.server.sandbox import frames
from aifp.server.sandbox.confined import confinement, guest_setup, landlock, randomness, readable
from aifp.server.sandbox.confined.frozen import FrozenClock
from aifp.server.sandbox.guest import execution
from aifp.server.sandbox.guest.packages import make_way
from aifp.server.sandbox.seeded import SeededBytes

DIE_WITH_PARENT = 1
# The year 9999 in microseconds: no test needs a later clock.
LAST_INSTANT = 253_402_300_799_000_000
HIGHEST_DESCRIPTOR = 1024


class Worker:
    """One interpreter for one job."""

    def __init__(self) -> None:
        self._in, self._out = _pipes()
        self._clock, self._bytes = FrozenClock(), SeededBytes()
        self._testing = False
        randomness.install(self._bytes)

    def serve(self, library: list[str]) -> None:
        """Take one job and wait to be killed after it; `library` are Python's own folders."""
        _require_inputs(self._clock, self._bytes)
        guest_setup.install(self._host_call)
        readable_files = list(readable.library(library))
        sys.path[:] = library
        self._send(frames.READY, json.dumps({"locked": landlock.version() > 0}))
        kind, payload = self._receive()
        if kind == frames.JOB:
            self._run(json.loads(payload), readable_files)
            self._receive()

    def _run(self, job: dict[str, Any], readable_files: list[str]) -> None:
        folders: list[str] = job["package_folders"]
        make_way([path.name.partition(".")[0] for f in folders for path in Path(f).glob("*")])
        sys.path += folders
        confinement.confine([*readable_files, *folders], job["memory_mb"], job["cpu_ms"])
        self._testing = job["testing"]
        self._bytes.start(job["seed"])
        self._clock.start(job["now_us"])
        self._send(frames.END, execution.run(job["guest"], self._host_call))

    def _host_call(self, request: str) -> str:
        if self._testing:
            return self._set_clock(request)
        self._send(frames.CALLS, request)
        kind, payload = self._receive()
        if kind != frames.ANSWERS:
            os._exit(0)
        self._clock.advance(int.from_bytes(payload[:8], "little"))
        return payload[8:].decode()

    def _set_clock(self, request: str) -> str:
        """Tests own their clock; they have no other way out."""
        clock = int(json.loads(request)["clock_us"])
        self._clock.start(max(0, min(clock, LAST_INSTANT)))
        return ""

    def _receive(self) -> tuple[bytes, bytes]:
        """Return the next frame; without the daemon there is nothing left to do."""
        frame = frames.read_blocking(self._in)
        if frame is None:
            os._exit(0)
        return frame

    def _send(self, kind: bytes, content: str) -> None:
        frames.write_blocking(self._out, kind, content.encode())


def _pipes() -> tuple[FileIO, FileIO]:
    """Take the daemon's pipes away from fd 0 and 1, and close what else came along."""
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    reader, writer = FileIO(os.dup(0), "r"), FileIO(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    os.closerange(max(reader.fileno(), writer.fileno(), nowhere) + 1, HIGHEST_DESCRIPTOR)
    os.close(nowhere)
    return reader, writer


def _require_inputs(clock: FrozenClock, source: SeededBytes) -> None:
    """See that time and randomness are inputs here, whatever way they are asked for."""
    clock.start(1_000_000)
    source.start("proof")
    expected = source.take(8)
    source.start("proof")
    held = os.urandom(8) == expected
    for clock_ns in (time.time_ns, time.monotonic_ns, time.perf_counter_ns, time.process_time_ns):
        held &= clock_ns() == 1_000_000_000
    source.start("proof")
    first = random.Random().random()
    source.start("proof")
    if not held or random.Random().random() != first:
        os._exit(1)


def main(own_paths: int) -> None:
    """Serve; the first entries of sys.path are aifp's own and not for the code that comes."""
    Worker().serve(sys.path[own_paths:])
    os._exit(0)
