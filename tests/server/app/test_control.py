"""What the person's door does, over the real daemon."""

import sqlite3
from contextlib import closing

import pytest

from aifp.server.adapters import passphrase
from aifp.server.app.doctor import examine
from aifp.server.config import read_settings
from aifp.server.daemon.control import ControlFailed
from tests.journeys.projects import Project

HELLO = 'directives:\n  hello:\n    every: 1h\n    do: log "hello"\n'


@pytest.fixture
def asked(project: Project) -> dict[str, object]:
    project.implement("hello.yaml", HELLO)
    request = project.ask("request", name="hello")
    return {key: request[key] for key in ("approval_id", "release_sha256")}


@pytest.mark.req("D49", "D99", "X02")
def test_no_tool_call_of_the_person_s_door_approves_by_itself(project: Project) -> None:
    project.implement("hello.yaml", HELLO)
    answer = project.call("user_directive_approve", name="hello")
    assert answer["pending_approval"] is True
    assert answer["command"] == "aifp approve hello"
    assert not project.is_approved("hello")


@pytest.mark.req("D100")
def test_a_second_answer_is_refused(project: Project, asked: dict[str, object]) -> None:
    project.ask("decide", decision="rejected", **asked)
    with pytest.raises(ControlFailed, match="already rejected"):
        project.ask("decide", decision="approved", **asked)
    assert not project.is_approved("hello")


@pytest.mark.req("X01")
def test_what_was_not_shown_is_not_decided(project: Project, asked: dict[str, object]) -> None:
    with pytest.raises(ControlFailed, match="not the one that was shown"):
        project.ask("decide", decision="approved", **asked | {"release_sha256": "0" * 64})
    with pytest.raises(ControlFailed, match="approved or rejected"):
        project.ask("decide", decision="perhaps", **asked)
    assert not project.is_approved("hello")


@pytest.mark.req("D99")
def test_a_passphrase_is_asked_when_there_is_one(
    project: Project, asked: dict[str, object]
) -> None:
    folder = read_settings(project.folder).config_folder
    passphrase.set_passphrase(folder, "open sesame")
    with pytest.raises(ControlFailed, match="not the passphrase"):
        project.ask("decide", decision="approved", **asked)
    with pytest.raises(ControlFailed, match="not the passphrase"):
        project.ask("decide", decision="approved", passphrase="close", **asked)  # noqa: S106
    assert not project.is_approved("hello")
    project.ask("decide", decision="approved", passphrase="open sesame", **asked)  # noqa: S106
    assert project.is_approved("hello")


@pytest.mark.req("D102")
def test_only_the_person_s_door_resumes(project: Project) -> None:
    project.implement("hello.yaml", HELLO)
    project.approve("hello")
    project.ask("stop_all", reason="enough")
    with pytest.raises(ControlFailed, match="aifp resume"):
        project.call("user_directive_activate", name="hello")
    assert project.ask("resume") == {"resumed": True}
    assert project.call("user_directive_activate", name="hello")["new_status"] == "active"


def test_an_unknown_question_and_an_unknown_tool_are_refused(project: Project) -> None:
    with pytest.raises(ControlFailed, match="known: "):
        project.ask("approve_everything")
    with pytest.raises(ControlFailed, match="no tool"):
        project.call("approve_everything")


@pytest.mark.req("X11")
def test_the_doctor_finds_an_event_that_was_changed(project: Project) -> None:
    project.implement("hello.yaml", HELLO)
    found = {finding.what: finding for finding in examine(project.folder)}
    assert found["audit log"].level == 0
    project.kill()
    database = project.folder / ".aifp-project" / "user_directives.db"
    with closing(sqlite3.connect(database)) as db:  # noqa: TID251
        db.execute("UPDATE events SET reason = 'it was not me' WHERE id = 2")
        db.commit()
    project.ask("about")
    found = {finding.what: finding for finding in examine(project.folder)}
    assert found["audit log"].level == 2
    assert "event 2" in found["audit log"].found


@pytest.mark.req("D99", "X02")
def test_the_mark_of_a_throwaway_project_does_not_pass_by_a_passphrase(
    project: Project, asked: dict[str, object]
) -> None:
    folder = read_settings(project.folder).config_folder
    passphrase.set_passphrase(folder, "open sesame")
    with pytest.raises(ControlFailed, match="not the passphrase"):
        project.ask("decide_throwaway", decision="approved", **asked)
    assert not project.is_approved("hello")


TOOL = '''"""Greet."""


def run(name: str = "you") -> str:
    """Greet somebody."""
    return f"Hello {name}"
'''


def tool(project: Project, name: str, source: str = TOOL) -> None:
    """Write the file of a tool and let it be seen."""
    folder = project.folder / "tools"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    project.call("sync_and_reconcile")


def decided(project: Project, decision: str, **question: object) -> None:
    """Look at a request and decide it, as the command does."""
    request = project.ask("request", **question)
    shown = {key: request[key] for key in ("approval_id", "release_sha256")}
    project.ask("decide", decision=decision, **shown)


@pytest.mark.req("S24", "T04", "T12")
def test_a_person_approves_a_tool_by_its_name_after_reading_what_it_is(project: Project) -> None:
    tool(project, "greet")
    request = project.ask("request", name="greet")
    text = str(request["text"])
    for part in (
        "Approve the tool greet",
        "Risk:\nmedium (unknown)",
        "\nnot tested",
        "Breaking:\nno",
        "Hello {name}",
    ):
        assert part in text, part
    decided(project, "approved", name="greet")
    assert project.ask("request", name="greet") == {"approved": True}
    assert project.call("greet", name="Ada")["result"] == "Hello Ada"


@pytest.mark.req("T12")
def test_a_changed_tool_shows_its_difference_and_its_new_rights(project: Project) -> None:
    tool(project, "greet")
    decided(project, "approved", name="greet")
    asking = TOOL.replace('run(name: str = "you")', 'run(ctx, name: str = "you")').replace(
        "    return", '    ctx.notify("log", name)\n    return'
    )
    tool(project, "greet", asking)
    text = str(project.ask("request", name="greet")["text"])
    assert '+    ctx.notify("log", name)' in text and "+ notify: channel log" in text
    assert "Risk:\nhigh" in text or "Risk:\nmedium" in text


@pytest.mark.req("8.4")
def test_a_person_rejects_a_tool_and_it_is_not_asked_about_again(project: Project) -> None:
    tool(project, "greet")
    decided(project, "rejected", name="greet")
    with pytest.raises(ControlFailed, match="declined"):
        project.ask("request", name="greet")
    with pytest.raises(ControlFailed, match="no tool"):
        project.call("greet")


def test_a_name_of_a_directive_and_a_tool_is_decided_by_the_number_of_the_request(
    project: Project,
) -> None:
    project.implement("hello.yaml", HELLO)
    tool(project, "hello")
    with pytest.raises(ControlFailed, match="--request") as refused:
        project.ask("request", name="hello")
    number = int(str(refused.value).rsplit(" ", 1)[1])
    assert "the tool hello" in str(project.ask("request", name="hello", request_id=number)["text"])
    decided(project, "approved", name="hello", request_id=number)
    assert project.call("hello")["result"] == "Hello you"
    assert not project.is_approved("hello")
    decided(project, "approved", name="hello")
    assert project.is_approved("hello")
    with pytest.raises(ControlFailed, match="no approval request"):
        project.ask("request", name="other", request_id=number)


def test_a_person_hears_when_what_was_approved_does_not_load(project: Project) -> None:
    tool(
        project,
        "broken",
        "import json\n\nVALUE = json.loads('no json')\n\n\ndef run() -> None:\n    pass\n",
    )
    with pytest.raises(ControlFailed, match="does not load"):
        decided(project, "approved", name="broken")
