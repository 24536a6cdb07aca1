from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from aifp.schemas.packages import TREE, Pin
from aifp.server.sandbox.choice import ChoosingSandbox
from aifp.server.sandbox.confined import landlock
from aifp.server.sandbox.confined.sandbox import missing, open_process_sandbox
from aifp.server.sandbox.wasm import PROFILE, open_sandbox
from tests.server.sandbox.doubles import job
from tests.wheelhouse import install

PURE = Pin(name="humanize", version="4.9.0", hashes=("00",))
COMPILED = Pin(name="numpy", version="2.0.0", hashes=("00",), pure=False)
FIT = "def execute(ctx):\n    return 'fit'\n"


@pytest.fixture
async def choosing(runner_cache: Path) -> AsyncGenerator[ChoosingSandbox]:
    async with (
        open_sandbox(workers=1, cache=runner_cache) as pure,
        open_process_sandbox(workers=1) as compiled,
    ):
        yield ChoosingSandbox(pure, compiled)


@pytest.mark.parametrize(
    ("packages", "backend"),
    [([], "wasm"), ([PURE], "wasm"), ([COMPILED], "process"), ([PURE, COMPILED], "process")],
)
async def test_the_packages_of_a_job_decide_where_it_runs(
    choosing: ChoosingSandbox, packages: list[Pin], backend: str, tmp_path: Path
):
    wanted = [install(tmp_path, "humanize", {"humanize.py": ""}), *packages[1:]]
    wanted = wanted if packages[:1] == [PURE] else packages
    folders = [str(tmp_path / pin.name / TREE) for pin in wanted]
    given = {"packages": wanted, "package_folders": folders}
    end = await choosing.run(job(FIT).model_copy(update=given))
    assert end.backend == backend
    assert end.result == "fit" or missing() is not None


async def test_the_profile_of_a_release_says_where_it_runs(choosing: ChoosingSandbox):
    assert choosing.profile() == choosing.profile([PURE]) == PROFILE
    assert choosing.profile([PURE, COMPILED]).startswith("process-")


async def test_what_one_sandbox_cannot_do_the_other_does_not_take_over(
    choosing: ChoosingSandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(landlock, "version", lambda: 0)
    end = await choosing.run(job(FIT).model_copy(update={"packages": [COMPILED]}))
    assert (end.status, end.backend) == ("refused", "process")
    assert choosing.profile([COMPILED]).startswith("process-")
