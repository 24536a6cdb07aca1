"""The official suite finds no fault in our server core, in either era, tasks included.

The totals are the suite's own figures; a check that is no longer made would be a silent loss.
"""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.node.tools import conformance

ROOT = Path(__file__).parents[2]
PATIENCE_S = 110
SCENARIO = re.compile(r"^(?:✓|✗) ([a-z0-9-]+): (\d+) passed, (\d+) failed$", re.MULTILINE)
TOTAL = re.compile(r"^Total: (\d+) passed, (\d+) failed$", re.MULTILINE)

Suites = dict[str, "subprocess.Popen[str]"]


@contextmanager
def started(command: list[str], folder: Path) -> Generator["subprocess.Popen[str]"]:
    """Run a process for a while; what it says is kept apart from what goes wrong."""
    with (folder / "errors").open("w") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and the pinned suite
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
            text=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Generator[Suites]:
    """Serve the fixtures once, and let both eras be examined side by side: they mostly wait."""
    server, first, second = (tmp_path_factory.mktemp(name) for name in ("server", "old", "new"))
    with started([sys.executable, "-m", "tests.conformance.serving"], server) as serving:
        assert serving.stdout
        url = serving.stdout.readline().strip()
        assert url, (server / "errors").read_text(encoding="utf-8")

        def command(revision: str) -> list[str]:
            return [*conformance(), "server", "--url", url, "--requirements", revision, "-o", "out"]

        with (
            started(command("2025-11-25"), first) as old,
            started(command("2026-07-28"), second) as new,
        ):
            yield {"2025-11-25": old, "2026-07-28": new}


def examined(suite: "subprocess.Popen[str]") -> tuple[dict[str, int], int]:
    """Return the checks passed of each scenario and in total; no check may fail."""
    said, _ = suite.communicate(timeout=PATIENCE_S)
    total = TOTAL.search(said)
    assert total, said[-3000:]
    scenarios = [
        (name, int(passed), int(failed)) for name, passed, failed in SCENARIO.findall(said)
    ]
    assert [scenario for scenario in scenarios if scenario[2]] == []
    assert suite.returncode == 0 and total[2] == "0", said[-3000:]
    passed = {name: count for name, count, _ in scenarios}
    assert sum(passed.values()) == int(total[1])
    return passed, int(total[1])


def test_every_check_for_2025_11_25_passes(suites: Suites) -> None:
    scenarios, total = examined(suites["2025-11-25"])
    assert (len(scenarios), total) == (33, 84)


def test_every_check_for_2026_07_28_and_of_the_tasks_extension_passes(suites: Suites) -> None:
    scenarios, total = examined(suites["2026-07-28"])
    tasks = {name: count for name, count in scenarios.items() if name.startswith("tasks-")}
    assert (len(tasks), sum(tasks.values())) == (10, 44)
    assert (len(scenarios) - len(tasks), total - sum(tasks.values())) == (40, 152)
