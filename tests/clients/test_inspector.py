"""The official inspector finds every tool portable, in both eras."""

import json
import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.journeys.projects import AIFP, Project, opened
from tests.node.tools import inspector

TOOLSETS = ("core", "all")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Generator[Project]:
    with opened(tmp_path_factory.mktemp("inspected")) as project:
        yield project


def inspected(project: Project, home: Path, era: str, toolsets: str) -> list[str]:
    """Return the names of the tools that the inspector was shown; it exits with 6 at a fault."""
    serve = [*AIFP, "serve", "--project", str(project.folder), "--toolsets", toolsets]
    # The inspector writes into its home; the server keeps the real one.
    own = ["env", f"HOME={Path.home()}", *serve]
    options = ["--method", "tools/list", "--strict", "--format", "json"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*inspector(), "--protocol-era", era, *own, *options],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return [tool["name"] for tool in json.loads(done.stdout)["result"]["tools"]]


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_no_fault_in_any_toolset(
    project: Project, tmp_path: Path, era: str
) -> None:
    shown = {toolsets: inspected(project, tmp_path, era, toolsets) for toolsets in TOOLSETS}
    assert len(shown["core"]) == 24
    assert set(shown["core"]) < set(shown["all"])
