"""Ways to hurt a real project: start and kill its daemon, look into its database afterwards."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

from aifp.server.cli import link
from tests.journeys.projects import AIFP, Project, until

OPEN = ("queued", "running")


def bring_up(project: Project, name: str, text: str) -> list[str]:
    """Take a directive file all the way to active; return its names."""
    names = project.implement(name, text)
    for directive in names:
        project.approve(directive)
        assert project.call("user_directive_activate", name=directive)["success"]
    return names


def start_daemon(project: Project, **variables: str) -> subprocess.Popen[bytes]:
    """Start the daemon as a child, so that it can be killed at any moment of its life."""
    log = project.folder.parent / "daemon.out"
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603 - our own command
            [*AIFP, "daemon", "--project", str(project.folder)],
            stdout=out,
            stderr=out,
            env={**os.environ, **variables},
        )


def answers(project: Project) -> bool:
    return link.is_up(project.folder)


@contextlib.contextmanager
def daemon(project: Project, **variables: str) -> Generator[subprocess.Popen[bytes]]:
    """Run a daemon of our own for a while; end it in order."""
    process = start_daemon(project, **variables)
    try:
        until(lambda: answers(project) or process.poll() is not None)
        assert process.poll() is None, (project.folder.parent / "daemon.out").read_text()
        yield process
    finally:
        end_in_order(process)


def end_in_order(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    process.wait(30)


def kill_daemon(process: subprocess.Popen[bytes]) -> None:
    """Pull the plug of a daemon that is our child."""
    process.kill()
    process.wait(30)


def database(project: Project) -> Path:
    return project.folder / ".aifp-project" / "user_directives.db"


def look(path: Path, text: str, *params: object) -> list[dict[str, Any]]:
    """Read a database that no daemon has open."""
    db = sqlite3.connect(path)  # noqa: TID251 - no daemon runs
    try:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(text, params)]
    finally:
        db.close()


def wreck(project: Project, into: Path) -> Path:
    """Copy what a killed daemon left, so that looking at it repairs nothing."""
    into.mkdir()
    for file in database(project).parent.glob("user_directives.db*"):
        shutil.copy(file, into)
    return into / "user_directives.db"


def run_states(project: Project) -> list[str]:
    return [str(run["status"]) for run in project.runs()]


def settled(project: Project) -> bool:
    """Say whether nothing is under way any more."""
    return not any(state in OPEN for state in run_states(project))
