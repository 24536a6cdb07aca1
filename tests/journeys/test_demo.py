"""The demo as a newcomer's CI runs it: no terminal, nothing prepared."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.journeys.projects import ROOT

TYPES = ("schedule", "trigger", "conditional", "sequence", "api")
NAMES = (
    "good_morning",
    "heartbeat",
    "parcel_arrived",
    "freezer_warm",
    "bill_the_day",
    "take_order",
)


@pytest.mark.timeout(240)
@pytest.mark.req("D46", "D47", "D48", "D49", "D50", "D72")
def test_the_demo_fires_every_directive_and_leaves_nothing(tmp_path: Path) -> None:
    done = example("demo.py", tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    told, end = done.stdout, done.stdout[done.stdout.index("7. Checked") :]
    assert [kind for kind in TYPES if f" {kind} " not in told] == []
    assert [name for name in NAMES if f"fired: {name}\n" not in told] == []
    assert "answered 503" in told
    assert "6 directives fired" in end
    assert "BROKEN" not in end
    assert list(tmp_path.iterdir()) == []


def test_the_demo_uses_all_three_file_formats() -> None:
    kinds = {file.suffix for file in (ROOT / "examples" / "demo").iterdir()}
    assert kinds == {".txt", ".yaml", ".json"}


def example(name: str, place: Path) -> subprocess.CompletedProcess[str]:
    """Run an example without a terminal, its temporary files in one place."""
    environment = {**os.environ, "TMPDIR": str(place), "TEMP": str(place), "NO_COLOR": "1"}
    assert tempfile.gettempdir() != str(place)
    return subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(ROOT / "examples" / name)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=230,
    )
