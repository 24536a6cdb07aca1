"""Examine what aifp stands on; every finding that is not right says how to mend it."""

import importlib.metadata
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import available_timezones

from aifp.schemas.errors import AifpError
from aifp.server.config import STATE, read_settings
from aifp.server.daemon.address import Refused, connect, daemon_pid
from aifp.server.daemon.control import ask_daemon
from aifp.server.sandbox import runner_files
from aifp.server.sandbox.confined.sandbox import missing

MARKS = ("ok  ", "note", "BAD ")
# Below this SQLite cannot do its work in order (WAL, logs, objects).
LEAST_FREE = 200 * 1_048_576
# Versions before this can corrupt a WAL file when several connections write at once.
SAFE_SQLITE = (3, 51, 3)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; level 0 is right, 1 worth knowing, 2 in the way."""

    level: int
    what: str
    found: str
    mend: str = ""

    @property
    def mark(self) -> str:
        """Return the word in front of the line."""
        return MARKS[self.level]


def examine(project: Path) -> Iterator[Finding]:
    """Look at everything, one finding after the other."""
    yield Finding(0, "aifp", f"{importlib.metadata.version('aifp')} on {sys.platform}")
    yield _python()
    yield _sqlite()
    yield _zones()
    yield _sandbox()
    yield _process_sandbox()
    yield _settings(project)
    yield _project(project)
    yield _disk(project)
    yield _daemon(project)
    yield _audit(project)


def _python() -> Finding:
    return Finding(0, "Python", sys.version.split()[0])


def _sqlite() -> Finding:
    found = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return Finding(0, "SQLite", found)
    return Finding(1, "SQLite", f"{found}; safe because only the daemon opens the databases")


def _zones() -> Finding:
    count = len(available_timezones())
    if count > 300:
        return Finding(0, "time zones", f"{count} known")
    return Finding(2, "time zones", f"{count} known", "pip install tzdata")


def _sandbox() -> Finding:
    try:
        runner = runner_files.find_runner(runner_files.default_cache())
    except AifpError as fault:
        return Finding(2, "sandbox", str(fault), runner_files.BUILD_COMMAND)
    return Finding(0, "sandbox", str(runner))


def _process_sandbox() -> Finding:
    lacking = missing()
    if lacking is None:
        return Finding(0, "compiled packages", "their code can be confined (Landlock, seccomp)")
    mend = "code with compiled packages, such as numpy, is refused; all other code runs"
    return Finding(1, "compiled packages", f"their code needs {lacking}", mend)


def _settings(project: Path) -> Finding:
    try:
        settings = read_settings(project)
    except AifpError as fault:
        return Finding(2, "settings", str(fault), "see docs/settings.md")
    key = settings.config_folder / "approval.key"
    if key.exists() and os.name == "posix" and key.stat().st_mode & 0o077:
        return Finding(2, "approval key", f"{key} is readable by others", f"chmod 600 {key}")
    return Finding(0, "settings", f"keys and secrets in {settings.config_folder}")


def _project(project: Path) -> Finding:
    if not (project / STATE).is_dir():
        return Finding(1, "project", f"{project} is none", "aifp init")
    return Finding(0, "project", str(project))


def _disk(project: Path) -> Finding:
    free = shutil.disk_usage(project).free
    level = 0 if free >= LEAST_FREE else 2
    return Finding(level, "disk", f"{free // 1_048_576:,} MB free", "free some space" * (level > 0))


def _daemon(project: Path) -> Finding:
    try:
        link = connect(str(project), "control")
    except Refused as fault:
        return Finding(2, "daemon", str(fault), "aifp stop")
    if link is None:
        return Finding(0, "daemon", "not running; it starts with the first client or command")
    link.close()
    return Finding(0, "daemon", f"process {daemon_pid(str(project))} answers")


def _audit(project: Path) -> Finding:
    """Ask the daemon, which alone opens the databases."""
    try:
        broken = ask_daemon(project, "audit")["first_broken_event"]
    except AifpError:
        return Finding(0, "audit log", "checked while the daemon runs")
    if broken is None:
        return Finding(0, "audit log", "every event stands as it was written")
    mend = "compare with a backup; somebody changed the record"
    return Finding(2, "audit log", f"event {broken} does not fit its seal", mend)
