"""What keeps a daemon from starting, and what does not; the user is told in a plain sentence."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from tests.journeys.projects import Project
from tests.journeys.test_http import served


def settings(project: Project, **values: object) -> None:
    file = project.folder / ".aifp-project" / "settings.json"
    file.write_text(json.dumps(values), encoding="utf-8")


@pytest.mark.parametrize("form", [(), ("--http", "--port", "0")])
def test_a_wrong_tool_in_the_settings_is_told_to_clients_and_stops_nothing_else(
    project: Project, form: tuple[str, ...]
) -> None:
    settings(project, tools=["get_alert"])
    done = project.run("serve", *form, given="")
    assert done.returncode == 1
    assert done.stderr.startswith("aifp: There is no tool get_alert. Near: get_alerts")
    assert project.call("get_recent_executions")["result"] == []
    assert project.run("status").returncode == 0


async def test_a_wrong_tool_in_the_settings_leaves_the_port_of_the_settings_closed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(project, tools=["get_alert"])
    monkeypatch.setenv("AIFP_HTTP_PORT", str(project.hooks_port + 1))
    assert project.call("get_recent_executions")["result"] == []
    log = project.folder / ".aifp-project" / "daemon.log"
    assert "There is no tool get_alert." in log.read_text(encoding="utf-8")


def test_the_token_of_http_is_made_when_a_port_is_first_opened(project: Project) -> None:
    token = project.folder / ".aifp-project" / "http.token"
    assert project.run("status").returncode == 0
    assert not token.exists()
    with served(project):
        assert token.exists()


def test_a_refusal_from_within_the_house_is_one_plain_sentence(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No folder is left for the socket: two are files, and the others' paths are too long.
    (project.folder / ".aifp-project" / "run").touch()
    mark = hashlib.sha256(os.fsencode(project.folder)).hexdigest()[:16]
    last = Path("/", "tmp", f"aifp-{os.getuid()}-{mark}")
    last.touch()
    long = project.folder / ("x" * 100)
    long.mkdir()
    monkeypatch.setenv("TMPDIR", str(long))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    sentence = "aifp: No folder of this machine can hold the daemon's socket.\n"
    try:
        done, asked = project.run("daemon"), project.run("status")
    finally:
        last.unlink()
    assert (done.returncode, done.stderr.endswith(sentence)) == (1, True)
    assert "Traceback" not in done.stderr
    assert asked.returncode == 1 and asked.stderr.endswith(sentence)
    assert len(asked.stderr.splitlines()) == 1


def test_a_folder_that_is_not_there_is_named(project: Project) -> None:
    done = project.run("daemon", "--project", str(project.folder / "nowhere"))
    assert done.returncode == 1
    assert done.stderr.startswith("aifp: There is no folder ")
