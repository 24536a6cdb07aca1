"""Code with compiled code: numpy, from a local index to a run that goes on from its record."""

import importlib.metadata
from collections.abc import Generator
from pathlib import Path

import pytest

from aifp.schemas.errors import AifpError
from aifp.server.sandbox.confined.sandbox import missing
from tests.journeys.projects import Project, opened, until
from tests.wheelhouse import add_wheel

TEXT = """
directives:
  forecast:
    every: 1h
    do: log "forecasts"
"""
CODE = '''"""Forecast the next value."""

import numpy as np
from aifp_guest import Ctx


def execute_forecast(ctx: Ctx) -> dict[str, object]:
    """Continue a line, with a little noise, before and after a wait."""
    slope, start = np.polyfit([0, 1, 2], [1.0, 3.0, 5.0], 1)
    noise = np.random.default_rng().random()
    ctx.log("info", f"{noise} at {np.datetime64('now')}")
    ctx.sleep(1.5)
    ctx.log("info", f"{noise} at {np.datetime64('now')} of {np.random.rand()}")
    return {"next": round(float(slope * 3 + start), 6)}
'''
TESTS = """from aifp_testing import play
from forecast import execute_forecast


def test_the_line_goes_on():
    assert play(execute_forecast).result == {"next": 7.0}
"""


def repacked_numpy(index: Path) -> str:
    """Put the numpy of this installation into an index, and return its version."""
    found = importlib.metadata.distribution("numpy")
    files = {
        str(file): Path(str(file.locate())).read_bytes()
        for file in found.files or []
        if file.parts[0] in {"numpy", "numpy.libs"} and not {"tests", "__pycache__"} & {*file.parts}
    }
    tag = next(
        line.removeprefix("Tag: ")
        for line in str(found.read_text("WHEEL")).splitlines()
        if line.startswith("Tag: ")
    )
    add_wheel(index, "numpy", found.version, files, tag=tag)
    return found.version


@pytest.fixture
def shop(tmp_path: Path) -> Generator[Project]:
    """A throw-away project that takes its packages from a folder of wheels."""
    if missing() is not None:
        pytest.skip(f"compiled packages need {missing()}")
    with pytest.MonkeyPatch.context() as environment, opened(tmp_path) as project:
        environment.setenv("AIFP_PACKAGE_INDEX", str(tmp_path / "index"))
        yield project


@pytest.mark.req("D40", "D83", "D95", "D96", "D98")
def test_numpy_goes_the_whole_way_and_its_run_goes_on_from_the_record(
    shop: Project, tmp_path: Path
) -> None:
    version = repacked_numpy(tmp_path / "index")
    shop.call("user_directive_parse", file_path=shop.write("forecast.yaml", TEXT))
    assert shop.ask("answer", name="forecast", answers={})["success"]
    assert shop.run("approve", "--package", "--yes", "numpy").returncode != 0  # not asked for yet
    with pytest.raises(AifpError, match="aifp approve --package numpy"):
        shop.call("user_directive_implement", name="forecast", code=CODE, test_code=TESTS)
    done = shop.run("approve", "--package", "--yes", "numpy")
    assert done.returncode == 0, done.stderr
    assert f"- numpy {version} (with native code, in a process of its own)" in done.stdout
    made = shop.call("user_directive_implement", name="forecast", code=CODE, test_code=TESTS)
    assert made["test_results"] == [
        {"name": "test_the_line_goes_on", "passed": True, "error": None}
    ]
    shop.approve("forecast")
    assert shop.call("user_directive_activate", name="forecast")["success"]
    assert shop.call("run_directive", name="forecast")["status"] == "running"  # it waits
    shop.kill()
    until(lambda: shop.runs()[0]["status"] != "running")
    assert shop.runs()[0]["status"] == "success", shop.runs()
    dry = shop.call("run_directive", name="forecast", dry_run=True)
    assert dry["result"] == {"next": 7.0}
