import os
import subprocess
import sys
from pathlib import Path

import pytest

from aifp.server.daemon.lock import FileLock, Held

HOLD = """
import sys
from pathlib import Path
from aifp.server.daemon.lock import FileLock
FileLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.req("D90")
def test_a_lock_that_is_held_names_the_process_that_holds_it(tmp_path: Path) -> None:
    with FileLock(tmp_path / "lock"), pytest.raises(Held) as held:
        FileLock(tmp_path / "lock").acquire()
    assert held.value.pid == os.getpid()
    assert str(os.getpid()) in str(held.value)


@pytest.mark.req("D90", "F05")
def test_the_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:  # noqa: S603
        assert other.stdout and other.stdout.readline() == b"held\n"
        with pytest.raises(Held) as held:
            FileLock(tmp_path / "lock").acquire()
        assert held.value.pid == other.pid
        other.kill()
        other.wait()
    with FileLock(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_lock_can_be_taken_again_after_its_release(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    for _ in range(2):
        with lock:
            assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
