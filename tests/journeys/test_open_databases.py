"""Only the daemon has the databases open, whoever else works on the project."""

import contextlib
import subprocess
from pathlib import Path

import pytest

from tests.journeys.house import bring_up, daemon, end_in_order
from tests.journeys.projects import AIFP, Project

TICKS = 'directives:\n  tick:\n    every: 1s\n    do: notify log "tick"\n'
CLIENTS = 8


def holders(project: Project) -> set[int]:
    """Return every process of this machine that has a database of the project open."""
    found: set[int] = set()
    state = str(project.folder / ".aifp-project")
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            target = str(link.readlink())
            if target.startswith(state) and ".db" in target:
                found.add(int(link.parts[2]))
    return found


@pytest.mark.req("F04")
def test_only_the_daemon_has_the_databases_open(project: Project) -> None:
    with daemon(project) as process:
        bring_up(project, "tick.yaml", TICKS)
        serve = [*AIFP, "serve", "--project", str(project.folder)]
        pipes = [
            subprocess.Popen(serve, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
            for _ in range(CLIENTS)
        ]
        try:
            assert project.run("status").returncode == 0
            assert holders(project) == {process.pid}
        finally:
            for pipe in pipes:
                end_in_order(pipe)
                for end in (pipe.stdin, pipe.stdout):
                    assert end
                    end.close()
