import asyncio
import os
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aifp.schemas.errors import LimitExceeded
from aifp.server.adapters import programs
from aifp.server.adapters.programs import Order, Programs
from tests.clock import settle

PYTHON = str(Path(sys.executable).resolve())


def order(code: str, *arguments: str, stdin: str | None = None) -> Order:
    return Order(PYTHON, [PYTHON, "-IS", "-c", code, *arguments], "/", {}, stdin)


def is_gone(pid: int) -> bool:
    """A dead process that nobody has collected yet does not count."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def started_here() -> list[str]:
    """Return the command lines of the processes that this thread started."""
    pids = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    return [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids]


async def until_gone(pid: int) -> None:
    async with asyncio.timeout(20):
        while not is_gone(pid):  # noqa: ASYNC110 - a foreign process sets no event
            await asyncio.sleep(0.01)


@pytest.mark.req("D107", "I19")
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=5))
def test_any_texts_arrive_one_argument_each(texts: list[str]) -> None:
    code = "import sys; sys.stdout.buffer.write('\\0'.join(sys.argv[1:]).encode())"
    ended = asyncio.run(Programs().run(order(code, *texts)))
    assert ended.text.split("\0") == (texts or [""])


async def test_input_output_and_exit_code_pass_through() -> None:
    code = "import sys; print(sys.stdin.read() * 2); print('no', file=sys.stderr); sys.exit(4)"
    ended = await Programs().run(order(code, stdin="ab"))
    assert (ended.exit, ended.text, ended.errors) == (4, "abab\n", "no\n")


async def test_a_program_that_reads_no_input_is_no_error() -> None:
    ended = await Programs().run(order("print('done')", stdin="x" * 1_000_000))
    assert (ended.exit, ended.text) == (0, "done\n")


@pytest.mark.req("F18")
async def test_endless_output_ends_the_program() -> None:
    with pytest.raises(LimitExceeded, match="printed more than 1,048,576 bytes"):
        await Programs().run(order("while True: print('x' * 1000)"))


async def test_of_endless_complaints_the_end_is_kept() -> None:
    code = "import sys; sys.stderr.write('x' * 3_000_000 + 'the end')"
    ended = await Programs().run(order(code))
    assert len(ended.errors) == programs.MOST_ERRORS and ended.errors.endswith("the end")


CHILDREN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-IS", "-c", "import time; time.sleep(3600)"])
with open(sys.argv[1], "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
time.sleep(3600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.req("F16")
async def test_what_ignores_being_asked_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    async with asyncio.TaskGroup() as group:
        run = group.create_task(Programs().run(order(CHILDREN, str(pids))))
        while not (pids.exists() and pids.read_text()):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
        run.cancel()
    assert run.cancelled()
    for pid in map(int, pids.read_text().split()):
        await until_gone(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_a_start_that_is_called_off_leaves_no_program_behind() -> None:
    for turns in range(20):
        run = asyncio.ensure_future(Programs().run(order("import time; time.sleep(3600)")))
        await settle(turns)
        run.cancel()
        await asyncio.wait({run})
        assert run.cancelled()
    assert not [line for line in started_here() if "sleep(3600)" in line]


async def test_no_variable_of_the_daemon_reaches_a_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIFP_TEST_SECRET", "secret")
    ended = await Programs().run(order("import os; print(sorted(os.environ))"))
    assert "AIFP_TEST_SECRET" in os.environ and "AIFP_TEST_SECRET" not in ended.text
