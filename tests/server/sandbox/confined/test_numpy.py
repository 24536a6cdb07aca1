"""Compiled code that people really use: the numpy of the test environment, as a package folder."""

import shutil
from pathlib import Path

import numpy
import pytest

from aifp.schemas.packages import Pin
from aifp.schemas.sandbox import Job
from aifp.server.sandbox.confined.sandbox import ProcessSandbox
from tests.server.sandbox.doubles import Host, job

PIN = Pin(name="numpy", version=numpy.__version__, hashes=("00",), pure=False)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package folder that holds numpy and nothing else of this installation."""
    made = tmp_path_factory.mktemp("packages")
    installed = Path(numpy.__file__).parent
    for part in (installed, installed.with_name("numpy.libs")):
        if part.exists():
            shutil.copytree(part, made / part.name, ignore=shutil.ignore_patterns("tests"))
    return made


def computing(code: str, folder: Path) -> Job:
    return job(code).model_copy(update={"packages": [PIN], "package_folders": [str(folder)]})


async def test_numpy_computes(confined: ProcessSandbox, folder: Path):
    code = """
import numpy as np
def execute(ctx):
    matrix = np.array([[2.0, 1.0], [1.0, 3.0]])
    solved = np.linalg.solve(matrix, np.array([3.0, 5.0]))
    return {"solved": solved.round(9).tolist(), "logged": ctx.log("info", "between")}
"""
    end = await confined.run(computing(code, folder), Host(lambda call: "answer"))
    assert (end.status, end.result) == ("ok", {"solved": [0.8, 1.4], "logged": "answer"}), end


@pytest.mark.req("D96")
async def test_time_and_randomness_of_compiled_code_are_inputs_of_the_run(
    confined: ProcessSandbox, folder: Path
):
    code = """
import numpy as np
def execute(ctx):
    return [
        str(np.datetime64("now")), np.random.rand(),
        np.random.default_rng().integers(1 << 60).item(), np.random.RandomState().bytes(8).hex(),
    ]
"""
    first, second = [await confined.run(computing(code, folder)) for _ in range(2)]
    other = await confined.run(computing(code, folder).model_copy(update={"seed": "other"}))
    assert first.status == "ok", first
    assert first.result == second.result
    assert isinstance(first.result, list) and isinstance(other.result, list)
    assert first.result[0] == other.result[0] == "2026-11-21T03:00:00"
    assert all(first.result[place] != other.result[place] for place in (1, 2, 3))


@pytest.mark.req("F19")
async def test_memory_that_compiled_code_takes_counts(confined: ProcessSandbox, folder: Path):
    code = "import numpy as np\ndef execute(ctx):\n    return np.ones(1 << 28).sum()\n"
    end = await confined.run(computing(code, folder))
    assert (end.status, end.error_type) == ("memory", "MemoryError"), end


@pytest.mark.req("F16")
async def test_a_loop_in_compiled_code_ends_at_its_wall_time(
    confined: ProcessSandbox, folder: Path
):
    code = """
import numpy as np
def execute(ctx):
    while True:
        np.linalg.svd(np.ones((400, 400)))
"""
    one = computing(code, folder)
    limits = one.limits.model_copy(update={"wall_ms": 3000})
    end = await confined.run(one.model_copy(update={"limits": limits}))
    assert (end.status, end.error) == ("timeout", "ran longer than 3 s"), end


async def test_a_package_folder_can_be_read_but_not_written(confined: ProcessSandbox, folder: Path):
    code = f"def execute(ctx):\n    open({str(folder / 'numpy' / '__init__.py')!r}, 'a')\n"
    end = await confined.run(computing(code, folder))
    assert end.error_type == "PermissionError"


async def test_packages_of_another_folder_cannot_be_imported(
    confined: ProcessSandbox, folder: Path, tmp_path: Path
):
    end = await confined.run(computing("import numpy\ndef execute(ctx):\n    pass\n", tmp_path))
    assert end.error == "No module named 'numpy'"
    code = f"import sys\nsys.path.append({str(folder)!r})\nimport numpy\ndef execute(ctx): pass\n"
    end = await confined.run(computing(code, tmp_path))
    assert end.status == "error"


async def test_tests_of_code_with_numpy_are_played(confined: ProcessSandbox, folder: Path):
    tests = """
from aifp_testing import play
from porch_light import execute

def test_mean():
    assert play(execute, input={"values": [1, 2, 6]}).result == 3.0
"""
    code = "import numpy\ndef execute(ctx):\n    return float(numpy.mean(ctx.input['values']))\n"
    one = computing(code, folder)
    modules = {**one.modules, "porch_light_tests": tests}
    update = {"mode": "tests", "modules": modules, "tests": "porch_light_tests"}
    end = await confined.run(one.model_copy(update=update))
    assert end.result == [{"name": "test_mean", "passed": True, "error": None}], end
