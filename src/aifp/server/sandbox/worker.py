"""The worker process: runs one guest at a time, each in a fresh instance, and never anything else.

It is started with the native runner's path, holds no secret, no file and no socket, and locks
itself down before it takes the first job. Only the daemon's pipes lead out. It imports nothing
but the standard library, wasmtime and its neighbours here.
"""

import json
import os
import sys
import zlib
from io import FileIO
from pathlib import Path
from typing import Any

from wasmtime import Store, WasmtimeError

from aifp.server.sandbox import frames, lockdown, native
from aifp.server.sandbox.shelf import Shelf
from aifp.server.sandbox.usage import PeakMemory
from aifp.server.sandbox.watch import Meter, Watch
from aifp.server.sandbox.world import World

# Enough to begin with; each job sets its own limit before its code runs.
START_MEMORY = 256 * 1024 * 1024

# How the guest begins to ask for a file of its packages.
FILE_REQUESTS = ('{"file": ', '{"files": ')
# The year 9999 in microseconds: no test needs a later clock.
LAST_INSTANT = 253_402_300_799_000_000


class Aborted(Exception):
    """The host gave the run up; its instance is dropped."""


class Worker:
    """One engine, one component, one instance kept ready."""

    def __init__(self, runner: Path) -> None:
        self._in, self._out = _pipes()
        self._world = World(self._host_call)
        self._engine, self._component = native.load(runner)
        self._linker = self._world.linker(self._engine, self._component)
        self._watch = Watch(self._engine)
        self._meter = Meter(0, 0)
        self._peak = PeakMemory()
        self._testing = False
        self._shelf = Shelf()
        self._ready = self._instance()

    def serve(self) -> None:
        """Answer jobs until the daemon closes the pipe."""
        self._drop(self._ready)
        locked = lockdown.lock()
        self._ready = self._instance()
        self._send(frames.READY, {"locked": locked})
        while (frame := frames.read_blocking(self._in)) is not None:
            if frame[0] == frames.PACKAGE:
                self._shelf.take(frame[1])
            elif frame[0] == frames.JOB:
                self._send(frames.END, self._run(json.loads(frame[1])))
                self._drop(self._ready)
                self._ready = self._instance()

    def _instance(self) -> tuple[Store, Any]:
        """Start a guest and let it touch what it will need."""
        store = Store(self._engine)
        store.set_limits(memory_size=START_MEMORY)
        store.set_epoch_deadline(1)
        instance = self._linker.instantiate(store, self._component)
        prepare = instance.get_func(store, "prepare")
        if prepare is not None:
            prepare(store)
        return store, instance.get_func(store, "run")

    def _drop(self, ready: tuple[Store, Any]) -> None:
        ready[0].close()

    def _run(self, job: dict[str, Any]) -> dict[str, Any]:
        store, function = self._ready
        store.set_limits(memory_size=job["memory_mb"] * 1024 * 1024)
        self._world.start(job["now_us"], job["seed"])
        self._testing = job["testing"]
        self._shelf.begin(job["packages"])
        self._peak.reset()
        self._meter = Meter(job["wall_ms"], job["cpu_ms"])
        self._watch.begin(self._meter)
        end = self._call(store, function, job["guest"])
        self._watch.end()
        end.update(
            wall_ms=self._meter.wall() * 1000,
            cpu_ms=self._meter.cpu() * 1000,
            memory_peak_mb=self._peak.megabytes(),
        )
        return end

    def _call(self, store: Store, function: Any, guest: str) -> dict[str, Any]:
        try:
            return {"end": "returned", "value": function(store, guest)}
        except Aborted:
            return {"end": "aborted"}
        except WasmtimeError as error:
            if self._meter.exceeded:
                return {"end": "timeout", "reason": self._meter.exceeded}
            return {"end": "trap", "reason": str(error)[-2000:]}

    def _host_call(self, request: str) -> str:
        if request.startswith(FILE_REQUESTS):
            return self._package_file(request)
        if self._testing:
            return self._set_clock(request)
        frames.write_blocking(self._out, frames.CALLS, request.encode())
        frame = self._meter.wait(lambda: frames.read_blocking(self._in))
        if frame is None:
            os._exit(0)
        if frame[0] != frames.ANSWERS:
            raise Aborted
        self._world.clock.advance(int.from_bytes(frame[1][:8], "little"))
        return frame[1][8:].decode()

    def _package_file(self, request: str) -> str:
        """Hand out what the job may import; the daemon need not hear of it."""
        try:
            return self._shelf.answer(json.loads(request))
        except (ValueError, LookupError, OSError, zlib.error) as error:
            raise Aborted from error

    def _set_clock(self, request: str) -> str:
        """Tests own their clock; they have no other way out."""
        try:
            clock = int(json.loads(request)["clock_us"])
        except (ValueError, TypeError, LookupError) as error:
            raise Aborted from error
        self._world.clock.start(max(0, min(clock, LAST_INSTANT)))
        return ""

    def _send(self, kind: bytes, content: dict[str, Any]) -> None:
        frames.write_blocking(self._out, kind, json.dumps(content).encode())


def _pipes() -> tuple[FileIO, FileIO]:
    """Take the daemon's pipes away from fd 0 and 1, which stray writes could reach."""
    reader, writer = FileIO(os.dup(0), "r"), FileIO(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return reader, writer


def main() -> None:
    """Serve with the native runner named on the command line."""
    Worker(Path(sys.argv[1])).serve()
