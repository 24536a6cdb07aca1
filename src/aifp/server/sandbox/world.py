"""All that a guest can reach: a clock, seeded bytes, an empty environment and the host call.

Everything else of WASI is linked as a trap: no file, socket, stream or wait exists for the guest,
not even as code in the worker.
"""

from collections.abc import Callable

from wasmtime import Engine
from wasmtime.component import Component, Linker, LinkerInstance, Record

from aifp.server.sandbox.seeded import SeededBytes

NANOS = 1_000_000_000


class GuestClock:
    """Time stands still; only answers of the host move it, never back."""

    def __init__(self) -> None:
        self.now_us = 0
        self._start_us = 0

    def start(self, now_us: int) -> None:
        """Begin a run at this time."""
        self.now_us = self._start_us = now_us

    def advance(self, now_us: int) -> None:
        """Move on to the time of an answer."""
        self.now_us = max(self.now_us, now_us)

    def wall(self) -> Record:
        """Return the time as WASI's datetime."""
        seconds, micros = divmod(self.now_us, 1_000_000)
        return record(seconds=seconds, nanoseconds=micros * 1000)

    def monotonic(self) -> int:
        """Return nanoseconds since one second before the run began."""
        return NANOS + (self.now_us - self._start_us) * 1000


def record(**fields: int) -> Record:
    """Return a component-model record."""
    made = Record()
    for name, value in fields.items():
        setattr(made, name, value)
    return made


class World:
    """The definitions of one worker; a run begins with `start`."""

    def __init__(self, host_call: Callable[[str], str]) -> None:
        self.clock = GuestClock()
        self.bytes = SeededBytes()
        self._host_call = host_call

    def start(self, now_us: int, seed: str) -> None:
        """Set time and randomness for the next run."""
        self.clock.start(now_us)
        self.bytes.start(seed)

    def linker(self, engine: Engine, component: Component) -> Linker:
        """Return a linker in which all that is not defined here traps."""
        linker = Linker(engine)
        names = list(component.type.imports(engine))
        with linker.root() as root:
            root.add_func("host-call", self._answer)
            for interface, functions in self._definitions().items():
                for name in names:
                    if name.startswith(f"{interface}@"):
                        _define(root, name, functions)
        linker.define_unknown_imports_as_traps(component)
        return linker

    def _answer(self, _store: object, request: str) -> str:
        return self._host_call(request)

    def _random_bytes(self, _store: object, size: int) -> bytes:
        return self.bytes.take(size)

    def _definitions(self) -> dict[str, dict[str, Callable[..., object]]]:
        return {
            "wasi:clocks/wall-clock": {
                "now": _plain(self.clock.wall),
                "resolution": _plain(lambda: record(seconds=0, nanoseconds=1000)),
            },
            "wasi:clocks/monotonic-clock": {
                "now": _plain(self.clock.monotonic),
                "resolution": _plain(lambda: 1000),
            },
            "wasi:random/random": {
                "get-random-bytes": self._random_bytes,
                "get-random-u64": _plain(lambda: int.from_bytes(self.bytes.take(8), "little")),
            },
            "wasi:cli/environment": {
                "get-environment": _plain(lambda: []),
                "get-arguments": _plain(lambda: []),
                "initial-cwd": _plain(lambda: None),
            },
            "wasi:filesystem/preopens": {"get-directories": _plain(lambda: [])},
        }


def _plain(action: Callable[[], object]) -> Callable[[object], object]:
    """Return a definition that needs neither the store nor an argument."""
    return lambda _store: action()


def _define(root: LinkerInstance, name: str, functions: dict[str, Callable[..., object]]) -> None:
    with root.add_instance(name) as instance:
        for function, body in functions.items():
            instance.add_func(function, body)
