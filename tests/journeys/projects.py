"""A real project with its real daemon, reached as the command line reaches it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from aifp.server.app.opening import open_project
from aifp.server.cli import link
from aifp.server.daemon.address import daemon_pid

ROOT = Path(__file__).parents[2]
AIFP = [sys.executable, "-P", "-m", "aifp.server.cli.main"]
PATIENCE_S = 60.0

Answer = dict[str, Any]


class Project:
    """One project on disk; its daemon starts with the first call."""

    def __init__(self, folder: Path, hooks_port: int) -> None:
        self.folder, self.hooks_port = folder, hooks_port

    def call(self, tool: str, **arguments: Any) -> Answer:
        return link.call(self.folder, tool, arguments)

    def ask(self, do: str, **arguments: Any) -> Answer:
        return link.ask(self.folder, do, arguments)

    def write(self, name: str, text: str) -> str:
        (self.folder / "directives" / name).write_text(text, encoding="utf-8")
        return f"directives/{name}"

    def implement(self, name: str, text: str) -> list[str]:
        """Take a directive file up to the door of the person; return its names."""
        parsed = self.call("user_directive_parse", file_path=self.write(name, text))
        names = [str(directive["name"]) for directive in parsed["directives"]]
        for directive in names:
            report = self.ask("answer", name=directive, answers={})
            asked = {question["id"]: "allow this host" for question in report["questions"]}
            assert self.ask("answer", name=directive, answers=asked)["success"]
            assert self.call("user_directive_implement", name=directive)["success"]
        return names

    def approve(self, name: str) -> None:
        """Say yes as a throw-away project may."""
        request = self.ask("request", name=name)
        shown = {key: request[key] for key in ("approval_id", "release_sha256")}
        self.ask("decide_throwaway", decision="approved", **shown)

    def is_approved(self, name: str) -> bool:
        return bool(self.call("get_directive_by_name", name=name)["approved"])

    def runs(self) -> list[Answer]:
        return self.call("get_recent_executions")["result"]

    @property
    def pid(self) -> int:
        pid = daemon_pid(str(self.folder))
        assert pid is not None
        return pid

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Pull the plug of the daemon, and see that it is gone."""
        pid = self.pid
        os.kill(pid, how)
        until(lambda: not _lives(pid))

    def run(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command with pipes instead of a terminal."""
        return subprocess.run(  # noqa: S603 - our own command
            [*AIFP, *arguments],
            cwd=self.folder,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that will come; fail when it does not."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    """Say whether a process runs; one that nobody has buried yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@contextmanager
def opened(place: Path, *, throwaway: bool = True) -> Generator[Project]:
    """Make a project with keys of its own; end its daemon afterwards."""
    with pytest.MonkeyPatch.context() as environment:
        port = free_port()
        environment.setenv("AIFP_CONFIG", str(place / "keys"))
        environment.setenv("AIFP_HOOKS_PORT", str(port))
        environment.delenv("AIFP_PROJECT", raising=False)
        project = Project(open_project(place / "project", "UTC", throwaway=throwaway), port)
        try:
            yield project
        finally:
            if daemon_pid(str(project.folder)) and link.is_up(project.folder):
                project.kill(signal.SIGTERM)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
