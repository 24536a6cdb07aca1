"""A throw-away project with its real daemon, for measuring."""

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aifp.schemas.common import JsonMap
from aifp.server.app.opening import open_project
from aifp.server.daemon.address import daemon_pid
from aifp.server.daemon.control import ask_daemon
from aifp.server.daemon.launch import start_and_connect

PER_FILE = 50
# Hours of the day in which nothing of ours is due while we measure.
FAR_HOURS = range(3, 21)


@dataclass(frozen=True, slots=True)
class House:
    """One project; every answer of its person is yes, which only a throw-away project allows."""

    project: Path

    @property
    def pid(self) -> int:
        """Return the process id of the daemon."""
        pid = daemon_pid(str(self.project))
        if pid is None:
            raise RuntimeError("no daemon runs")
        return pid

    def start(self) -> float:
        """Start the daemon; return the seconds until it answered."""
        began = time.perf_counter()
        start_and_connect(str(self.project), "control").close()
        return time.perf_counter() - began

    def end(self) -> None:
        """End the daemon in order and see it gone."""
        pid = daemon_pid(str(self.project))
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            while Path(f"/proc/{pid}").exists():
                time.sleep(0.02)

    def call(self, tool: str, **arguments: Any) -> JsonMap:
        """Call a tool as the person."""
        return ask_daemon(self.project, "call", {"name": tool, "arguments": arguments})

    def activate(self, name: str) -> None:
        """Bring a parsed directive to active."""
        self.call("user_directive_validate", name=name)
        self.call("user_directive_implement", name=name)
        request = ask_daemon(self.project, "request", {"name": name})
        decision: JsonMap = {key: request[key] for key in ("approval_id", "release_sha256")}
        ask_daemon(self.project, "decide_throwaway", {**decision, "decision": "approved"})
        self.call("user_directive_activate", name=name)

    def fill(self, count: int) -> Iterator[int]:
        """Make `count` active directives that are due at times of the day far from now."""
        for first in range(0, count, PER_FILE):
            numbers = range(first, min(first + PER_FILE, count))
            file = f"directives/jobs_{first}.yaml"
            text = "timezone: UTC\ndirectives:\n" + "".join(map(_directive, numbers))
            (self.project / file).write_text(text, encoding="utf-8")
            self.call("user_directive_parse", file_path=file)
            for number in numbers:
                self.activate(f"job_{number}")
                yield number


def _directive(number: int) -> str:
    hour = (time.gmtime().tm_hour + FAR_HOURS[number % len(FAR_HOURS)]) % 24
    message = f"'notify log \"the answer is {number}\"'"
    return f"  job_{number}:\n    at: '{hour:02d}:{number % 60:02d}'\n    do: {message}\n"


@contextlib.contextmanager
def open_house() -> Generator[House]:
    """Offer a new project with a running daemon, and leave nothing behind."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        project.mkdir()
        os.environ["AIFP_CONFIG"] = str(Path(folder) / "config")
        open_project(project, "UTC", throwaway=True)
        house = House(project)
        house.start()
        try:
            yield house
        finally:
            house.end()
