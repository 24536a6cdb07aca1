"""The command line as a person sees it, over the real daemon where it needs one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from aifp.server.cli.commands import app
from tests.journeys.projects import Project

HELLO = 'directives:\n  hello:\n    every: 1h\n    do: log "hello"\n'
RUNNER = CliRunner()


def say(*words: str, stdin: str | None = None) -> tuple[int, str]:
    result = RUNNER.invoke(app, list(words), input=stdin)
    return result.exit_code, result.output


def test_help_lists_what_a_person_may_do() -> None:
    code, shown = say("--help")
    assert code == 0
    for word in ("init", "serve", "status", "approve", "reject", "run", "logs", "stop", "doctor"):
        assert word in shown


def test_init_refuses_an_unknown_zone(tmp_path: Path) -> None:
    code, shown = say("init", str(tmp_path / "p"), "--timezone", "Mars/X")
    assert code == 1
    assert "IANA" in shown
    assert not (tmp_path / "p").exists()


@pytest.mark.req("D99")
def test_a_decision_needs_a_terminal(project: Project) -> None:
    project.implement("hello.yaml", HELLO)
    code, shown = say("approve", "hello", "--project", str(project.folder), stdin="y\n")
    assert code == 1
    assert "terminal" in shown
    assert not project.is_approved("hello")


def test_status_run_and_logs_show_what_happened(project: Project) -> None:
    project.implement("hello.yaml", HELLO)
    project.approve("hello")
    at = ("--project", str(project.folder))
    code, shown = say("run", "hello", *at)
    assert (code, '"status": "success"' in shown) == (0, True)
    code, shown = say("status", *at)
    assert code == 0
    assert "hello" in shown
    code, shown = say("logs", *at)
    assert code == 0
    assert "success" in shown


def test_an_unknown_directive_is_told(project: Project) -> None:
    code, shown = say("run", "nothing", "--project", str(project.folder))
    assert code == 1
    assert "nothing" in shown


def test_stop_ends_the_daemon_in_order(project: Project) -> None:
    at = ("--project", str(project.folder))
    assert say("status", *at)[0] == 0
    code, shown = say("stop", *at)
    assert code == 0
    assert "has ended" in shown
    assert "No daemon" in say("stop", *at)[1]


def test_secrets_go_in_and_their_values_never_come_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIFP_CONFIG", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert say("secret", "set", "API_TOKEN", stdin="tr0ub4dor\n")[0] == 0
    code, shown = say("secret", "list")
    assert (code, shown.strip()) == (0, "API_TOKEN")
    assert say("secret", "set", "bad-name", stdin="x\n")[0] == 1
    assert say("secret", "forget", "API_TOKEN")[0] == 0
    assert say("secret", "list")[1].strip() == ""
