"""kill -9 at random moments: what was acknowledged is there, and each due time has one record."""

import contextlib
import random
import re
import threading
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError
from aifp.schemas.instants import from_text
from aifp.server.daemon.control import ask_daemon
from tests.journeys.house import (
    answers,
    bring_up,
    daemon,
    database,
    kill_daemon,
    look,
    settled,
    start_daemon,
    wreck,
)
from tests.journeys.projects import Project, until
from tests.server.engine.loopback import Loopback, loopback

EACH_SECOND = """
timezone: UTC
directives:
  tick:
    every: 1s
    mode: queued
    max: 50
    do: {{http: POST {url}}}
"""
NOTE = 'directives:\n  note:\n    at: 08:00\n    do: notify log "note {number}"\n'
# The longest a daemon lives before its plug is pulled: some die while they start.
LIFE_S = 3.0


class Notes:
    """Writes note after note and remembers the last one that was acknowledged."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._written = self.acknowledged = 0

    def write_until_it_dies(self) -> None:
        with contextlib.suppress(AifpError, OSError):
            while True:
                self._written += 1
                path = self._project.write("note.yaml", NOTE.format(number=self._written))
                call: JsonMap = {
                    "name": "user_directive_parse",
                    "arguments": {"file_path": path},
                }
                ask_daemon(self._project.folder, "call", call)
                self.acknowledged = self._written


def live_and_die(project: Project, notes: Notes, dice: random.Random) -> None:
    """Start a daemon, write to it as soon as it answers, pull its plug somewhere on the way."""
    process = start_daemon(project)
    end = time.monotonic() + dice.uniform(0.2, LIFE_S)
    while time.monotonic() < end and not answers(project):
        time.sleep(0.02)
    writer = threading.Thread(target=notes.write_until_it_dies)
    writer.start()
    time.sleep(max(0.0, end - time.monotonic()))
    kill_daemon(process)
    writer.join()


def check_wreck(path: Path, notes: Notes) -> None:
    """Look at the files as the killed daemon left them."""
    assert look(path, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert look(path, "PRAGMA foreign_key_check") == []
    rows = look(path, "SELECT * FROM user_directives WHERE name = 'note'")
    stored = [int(number) for number in re.findall(r"\bnote (\d+)", str(rows))]
    assert min(stored, default=0) >= notes.acknowledged


def check_records(path: Path, service: Loopback) -> None:
    """Each second since the first has one record; each run that ended well was sent once."""
    rows = look(path, "SELECT * FROM runs WHERE kind = 'directive' ORDER BY due_at")
    assert rows, "nothing was ever due"
    expected = from_text(rows[0]["due_at"])
    for row in rows:
        assert from_text(row["due_at"]) == expected
        expected += timedelta(seconds=row["due_count"])
    ended = [row["status"] for row in rows]
    assert set(ended) <= {"success", "missed", "interrupted", "skipped", "cancelled"}, ended
    sent = service.unique_keys()
    assert ended.count("success") <= len(sent) <= len(rows) - ended.count("missed")


def play(project: Project, tmp_path: Path, seeds: Iterable[int]) -> None:
    notes = Notes(project)
    with loopback() as service:
        with daemon(project):
            bring_up(project, "tick.yaml", EACH_SECOND.format(url=service.url("/tick")))
        for seed in seeds:
            live_and_die(project, notes, random.Random(seed))
            check_wreck(wreck(project, tmp_path / f"wreck-{seed}"), notes)
        with daemon(project):
            assert project.call("user_directive_deactivate", name="tick")["success"]
            until(lambda: settled(project))
        check_records(database(project), service)
    assert notes.acknowledged


@pytest.mark.req("F01", "D91", "D95")
def test_nothing_acknowledged_is_lost_at_a_few_random_kills(
    project: Project, tmp_path: Path
) -> None:
    play(project, tmp_path, range(5))


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.req("F01", "D91", "D95")
def test_nothing_acknowledged_is_lost_at_two_hundred_random_kills(
    project: Project, tmp_path: Path
) -> None:
    play(project, tmp_path, range(1000, 1200))
