import asyncio
import os
import platform
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pytest

from aifp.schemas.sandbox import Guarantee, HostAnswer, HostCall
from aifp.server.sandbox.confined import landlock
from aifp.server.sandbox.confined import sandbox as backend
from aifp.server.sandbox.confined.sandbox import ProcessSandbox, open_process_sandbox
from tests.server.sandbox.doubles import Host, job

FIT = "def execute(ctx):\n    return 'fit'\n"
CALLING = "def execute(ctx):\n    ctx.log('info', 'x')\n    return 'went on'\n"


class Parked(Exception):
    pass


class Parking:
    async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
        raise Parked


async def pid(sandbox: ProcessSandbox) -> int:
    async with sandbox._pool.worker() as worker:  # pyright: ignore[reportPrivateUsage]
        return worker.pid


@pytest.mark.req("X07")
async def test_every_guarantee_is_proved_by_attack(confined: ProcessSandbox):
    assert await confined.probe() == frozenset(get_args(Guarantee))


async def test_without_landlock_nothing_is_proved_and_every_job_is_refused(
    confined: ProcessSandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(landlock, "version", lambda: 0)
    assert await confined.probe() == frozenset()
    end = await confined.run(job(FIT))
    assert (end.status, end.backend) == ("refused", "process")
    assert end.error is not None and end.error.startswith("compiled packages need Landlock")


async def test_a_machine_without_numbers_of_system_calls_is_refused(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    async with open_process_sandbox(workers=1) as sandbox:
        end = await sandbox.run(job(FIT))
    assert end.status == "refused" and "riscv64" in str(end.error)


async def test_a_worker_that_cannot_set_itself_up_takes_no_job(monkeypatch: pytest.MonkeyPatch):
    if backend.missing():
        pytest.skip(f"compiled packages need {backend.missing()}")
    monkeypatch.setattr(backend.process, "PATHS", ("/nowhere",))
    async with open_process_sandbox(workers=1) as sandbox:
        end = await sandbox.run(job(FIT))
    assert (end.status, end.error) == ("crashed", "no sandbox worker gets ready")


async def test_the_profile_binds_to_language_and_machine(confined: ProcessSandbox):
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert confined.profile() == f"process-linux-{platform.machine()}-cpython{version}-1"


async def test_each_run_has_a_process_of_its_own(confined: ProcessSandbox):
    before = await pid(confined)
    assert (await confined.run(job(FIT))).result == "fit"
    assert await pid(confined) != before


async def test_an_exception_of_the_host_drops_the_run_and_passes_on(confined: ProcessSandbox):
    with pytest.raises(Parked):
        await confined.run(job(CALLING), Parking())
    assert (await confined.run(job(FIT))).result == "fit"


async def test_a_cancelled_run_is_killed_and_leaves_its_place_to_others(confined: ProcessSandbox):
    calling = asyncio.Event()

    class Waiting(Host):
        async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
            calling.set()
            await asyncio.Event().wait()
            return []

    worker = await pid(confined)
    async with asyncio.TaskGroup() as group:
        run = group.create_task(confined.run(job(CALLING), Waiting()))
        await calling.wait()
        run.cancel()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert (await confined.run(job(FIT))).result == "fit"


async def test_the_end_of_a_process_says_how_it_ended(confined: ProcessSandbox):
    left = await confined.run(job("import os\ndef execute(ctx):\n    os._exit(3)\n"))
    broken = await confined.run(job("import ctypes\ndef execute(ctx):\n    ctypes.string_at(0)\n"))
    assert (left.status, left.error) == ("crashed", "the code ended its process")
    assert broken.error == "the process of the code ended by SIGSEGV"


async def test_a_process_that_closes_the_door_and_goes_on_is_killed(confined: ProcessSandbox):
    code = "import os\ndef execute(ctx):\n    os.closerange(3, 64)\n    while True: pass\n"
    worker = await pid(confined)
    end = await confined.run(job(code))
    assert (end.status, end.error) == ("crashed", "the process of the code ended by SIGKILL")
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


async def test_a_process_that_is_stopped_is_ended_at_its_wall_time(confined: ProcessSandbox):
    worker = await pid(confined)

    class Freezing(Host):
        async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
            os.kill(worker, signal.SIGSTOP)
            return await super().call(calls)

    end = await confined.run(job(CALLING, wall_ms=200), Freezing())
    assert (end.status, end.error) == ("timeout", "ran longer than 0.2 s")


async def test_closing_leaves_no_process_behind():
    if backend.missing():
        pytest.skip(f"compiled packages need {backend.missing()}")
    async with open_process_sandbox(workers=2) as sandbox:
        worker = await pid(sandbox)
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


async def test_a_worker_knows_no_environment_and_no_file_of_the_daemon(
    confined: ProcessSandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AIFP_TEST_SECRET", "secret")
    folder = Path(f"/proc/{await pid(confined)}")
    names = {
        entry.partition(b"=")[0] for entry in folder.joinpath("environ").read_bytes().split(b"\0")
    }
    targets = [str(link.readlink()) for link in folder.joinpath("fd").iterdir()]
    assert names <= {*map(str.encode, (*backend.ENVIRONMENT, *backend.PASSED_ON)), b""}
    assert [t for t in targets if not t.startswith(("pipe:", "socket:")) and t != "/dev/null"] == []


DYING_DAEMON = """
import asyncio, os
from aifp.server.sandbox.confined.sandbox import open_process_sandbox

async def main():
    async with open_process_sandbox(workers=1) as sandbox:
        async with sandbox._pool.worker() as worker:
            print(worker.pid, flush=True)
            os._exit(1)

asyncio.run(main())
"""


async def test_workers_end_when_the_daemon_dies():
    if backend.missing():
        pytest.skip(f"compiled packages need {backend.missing()}")
    daemon = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DYING_DAEMON, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await daemon.communicate()
    async with asyncio.timeout(20):
        while Path(f"/proc/{int(out)}").exists():  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.01)
