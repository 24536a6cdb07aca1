import asyncio
import os
import signal
import sys

import pytest

from aifp.server.sandbox.process import WorkerProcess

DYING = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"


def await_end(pid: int) -> None:
    """Hold up the event loop until a process has ended; it is left for the loop to collect."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux has process descriptors")
async def test_the_end_of_a_process_is_known_also_when_it_is_ended_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if sys.version_info < (3, 12):  # there a thread would collect the process at any time
        watcher = asyncio.PidfdChildWatcher()
        watcher.attach_loop(asyncio.get_running_loop())
        monkeypatch.setattr("asyncio.events.get_child_watcher", lambda: watcher)
    worker = WorkerProcess(await asyncio.create_subprocess_exec(sys.executable, "-c", DYING))
    await_end(worker.pid)
    assert await worker.kill() == -signal.SIGSEGV
