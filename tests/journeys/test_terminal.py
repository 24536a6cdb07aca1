"""Decisions at the terminal: a person's yes, and nothing that only looks like one."""

import sys
from collections.abc import Generator

import pytest

from tests.journeys.projects import Project, opened
from tests.journeys.terminals import at_a_terminal

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a Unix thing"),
    pytest.mark.req("D99"),
]
NOTES = """
directives:
  first: {every: hour, do: log "one"}
  second: {every: hour, do: log "two"}
  third: {every: hour, do: log "three"}
  fourth: {every: hour, do: log "four"}
  fifth: {every: hour, do: log "five"}
"""
NAMES = ("first", "second", "third", "fourth", "fifth")
# What is typed before the last sign of a hidden prompt is thrown away by the terminal.
ASK, PASSPHRASE, NEW, AGAIN = "exactly as shown?", "Passphrase: ", "New []: ", "confirmation: "


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Generator[Project]:
    """Give an ordinary project with directives that wait for a person."""
    with opened(tmp_path_factory.mktemp("terminal"), throwaway=False) as made:
        made.implement("notes.yaml", NOTES)
        yield made


def test_a_piped_yes_is_refused(project: Project) -> None:
    done = project.run("approve", "first", given="y\n")
    assert done.returncode == 1
    assert "need a terminal" in done.stderr
    assert not project.is_approved("first")


def test_the_way_without_a_terminal_is_for_throwaway_projects_only(project: Project) -> None:
    done = project.run("approve", "--yes", "first")
    assert done.returncode == 1
    assert "throw-away" in done.stderr
    assert not project.is_approved("first")


@pytest.mark.parametrize("said", ["n", "", "perhaps\nN"])
def test_anything_but_yes_decides_nothing(project: Project, said: str) -> None:
    code, shown = at_a_terminal(project.folder, "approve", "first", says=[(ASK, said)])
    assert code == 1
    assert "Nothing was decided" in shown
    assert not project.is_approved("first")


def test_a_yes_approves_what_was_shown(project: Project) -> None:
    code, shown = at_a_terminal(project.folder, "approve", "first", says=[(ASK, "y")])
    assert code == 0, shown
    assert shown.index("Release:") < shown.index(ASK)
    assert "first: approved." in shown
    assert project.is_approved("first")
    again, told = at_a_terminal(project.folder, "approve", "first", says=[])
    assert again == 0
    assert "approved already" in told


def test_several_directives_are_shown_whole_and_asked_once(project: Project) -> None:
    code, shown = at_a_terminal(project.folder, "approve", "second", "third", says=[(ASK, "y")])
    assert code == 0, shown
    assert shown.count(ASK) == 1
    assert shown.count("Release:") == 2
    assert shown.index("Approve third?") < shown.index(ASK)
    assert project.is_approved("second")
    assert project.is_approved("third")


def test_a_passphrase_is_asked_for_and_must_be_right(project: Project) -> None:
    new = [(NEW, "correct horse"), (AGAIN, "correct horse")]
    assert at_a_terminal(project.folder, "set-passphrase", says=new)[0] == 0
    wrong = [(ASK, "y"), (PASSPHRASE, "battery staple")]
    code, shown = at_a_terminal(project.folder, "approve", "fourth", says=wrong)
    assert code == 1
    assert "not the passphrase" in shown
    assert not project.is_approved("fourth")
    right = [(ASK, "y"), (PASSPHRASE, "correct horse")]
    code, shown = at_a_terminal(project.folder, "approve", "fourth", says=right)
    assert code == 0, shown
    assert "correct horse" not in shown
    assert project.is_approved("fourth")


def test_a_person_can_refuse(project: Project) -> None:
    says = [("Reject fifth exactly as shown?", "y")]
    asks_passphrase = bool(project.ask("request", name="fifth")["needs_passphrase"])
    says += [(PASSPHRASE, "correct horse")] if asks_passphrase else []
    code, shown = at_a_terminal(project.folder, "reject", "fifth", says=says)
    assert code == 0, shown
    assert "fifth: rejected." in shown
    assert not project.is_approved("fifth")


def test_the_commands_for_looking_tell_what_there_is(project: Project) -> None:
    due = project.run("due", "first", "--count", "3")
    assert due.returncode == 0, due.stderr
    assert len(due.stdout.splitlines()) == 4
    assert project.run("due", "nobody").returncode == 1
    assert "Nothing yet." in project.run("runs", "first").stdout
    assert project.run("trace", "999").returncode == 1
