"""Prove each guarantee by attack: code that tries, and a host that looks whether it worked."""

import asyncio
import socket
import tempfile
from collections.abc import Awaitable, Callable, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from aifp.schemas.sandbox import Guarantee, Job, Limits, Outcome
from aifp.server.sandbox import outcomes

Drive: TypeAlias = Callable[[Job], Awaitable[Outcome]]
Proof: TypeAlias = Callable[[Drive], Awaitable[bool]]

# Each line of `actions` is tried on its own; the result names those that worked.
ATTEMPTS = """
def attack(ctx):
    worked = []
    for action in {actions!r}:
        try:
            exec(action)
        except BaseException:
            continue
        worked.append(action)
    return worked
"""
LOOP = "def attack(ctx):\n    while True:\n        pass\n"
RAW_SLEEP = "import select\ndef attack(ctx):\n    select.select([], [], [], 3600)\n"
BOMB = "def attack(ctx):\n    kept = []\n    while True:\n        kept.append(bytes(1 << 20))\n"
NOISE = "def attack(ctx):\n    while True:\n        print('x' * 100)\n"


class Proofs:
    """What one sandbox has proved; it is attacked once, when somebody first asks."""

    def __init__(self, drive: Drive) -> None:
        self._drive = drive
        self._proved: frozenset[Guarantee] | None = None
        self._probing = asyncio.Lock()

    async def proved(self) -> frozenset[Guarantee]:
        """Return the guarantees that held."""
        async with self._probing:
            if self._proved is None:
                self._proved = await prove(self._drive)
        return self._proved

    async def refusal(self, job: Job) -> Outcome | None:
        """Return why a job is not taken: it needs what is not proved."""
        missing = sorted(set(job.needs) - await self.proved()) if job.needs else []
        if missing:
            return outcomes.refused(f"this sandbox has not proved {', '.join(missing)}")
        return None


async def prove(drive: Drive) -> frozenset[Guarantee]:
    """Attack this sandbox in every way and return the guarantees that held."""
    # A group ends only with its last attack, also when it is called off: no worker is left over.
    async with asyncio.TaskGroup() as group:
        proofs: dict[Guarantee, asyncio.Task[bool]] = {
            name: group.create_task(_held(proof, drive)) for name, proof in PROOFS.items()
        }
    return frozenset(name for name, proof in proofs.items() if proof.result())


async def _held(proof: Proof, drive: Drive) -> bool:
    return await proof(drive)


def _job(code: str, **limits: int) -> Job:
    return Job(
        modules={"attack_module": code},
        main="attack_module",
        entry="attack",
        now=datetime(2026, 1, 1, tzinfo=UTC),
        seed="probe",
        limits=Limits(**{"wall_ms": 10_000, "cpu_ms": 10_000, **limits}),
    )


async def _all_fail(drive: Drive, actions: list[str]) -> bool:
    """Try each alone, since the first forbidden call may end the instance."""
    return all([await _fails(drive, action) for action in actions])


async def _fails(drive: Drive, action: str) -> bool:
    end = await drive(_job(ATTEMPTS.format(actions=[action])))
    return end.result == [] if end.status == "ok" else end.error_type == "NotGranted"


async def _no_host_files(drive: Drive) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "secret"
        secret.write_text("secret")
        new = Path(folder) / "new"
        held = await _all_fail(
            drive,
            [f"open({str(secret)!r})", f"open({str(new)!r}, 'w')", "import os; os.listdir('/')"],
        )
        return held and not new.exists()


async def _no_network(drive: Drive) -> bool:
    with _listener() as (listener, port):
        connect = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
        held = await _all_fail(
            drive, [connect, "import socket; socket.getaddrinfo('localhost', 1)"]
        )
        return held and not _was_reached(listener)


@contextmanager
def _listener() -> Generator[tuple[socket.socket, int]]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.setblocking(False)
        yield listener, listener.getsockname()[1]


def _was_reached(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


async def _no_host_processes(drive: Drive) -> bool:
    return await _all_fail(
        drive,
        [
            "import os; os.fork()",
            "import subprocess; subprocess.run(['true'])",
            "import os; os.kill(1, 0)",
        ],
    )


async def _no_ambient_secrets(drive: Drive) -> bool:
    return await _all_fail(
        drive,
        [
            "import os; assert set(os.environ) - {'PYTHONHOME', 'PYTHONPATH', 'PYTHONUNBUFFERED'}",
            "import sys; assert sys.argv[1:]",
            "open('/proc/self/environ')",
        ],
    )


async def _cpu_time(drive: Drive) -> bool:
    return (await drive(_job(LOOP, cpu_ms=30))).status == "timeout"


async def _wall_time(drive: Drive) -> bool:
    looping = await drive(_job(LOOP, wall_ms=30))
    sleeping = await drive(_job(RAW_SLEEP, wall_ms=100))
    return looping.status == "timeout" and sleeping.status in {"timeout", "error"}


async def _memory(drive: Drive) -> bool:
    return (await drive(_job(BOMB, memory_mb=48))).status == "memory"


async def _output_cap(drive: Drive) -> bool:
    end = await drive(_job(NOISE, output_bytes=10_000))
    return end.status == "output" and len(end.stdout) <= 10_000


PROOFS: dict[Guarantee, Proof] = {
    "no_network": _no_network,
    "no_host_files": _no_host_files,
    "no_host_processes": _no_host_processes,
    "no_ambient_secrets": _no_ambient_secrets,
    "cpu_time": _cpu_time,
    "memory": _memory,
    "wall_time": _wall_time,
    "output_cap": _output_cap,
}
