"""A person only handles files; the daemon follows, and the terminal tells the same as the tools."""

import pytest

from tests.journeys.projects import Project, until

SUM = 'def run(a: int, b: int) -> int:\n    """Add two numbers."""\n    return a + b\n'
NAMES = [f"tool_{number}" for number in range(5)]


def put(project: Project, *names: str) -> None:
    (project.folder / "tools").mkdir(exist_ok=True)
    for name in names:
        (project.folder / "tools" / f"{name}.py").write_text(SUM, encoding="utf-8")


def active(project: Project) -> list[str]:
    return [tool["name"] for tool in project.call("get_tools_by_status")["result"]]


def codes(project: Project) -> list[str]:
    return [alert["code"] for alert in project.call("get_alerts")["result"]]


@pytest.mark.req("L01", "L09", "L25", "S19")
def test_files_that_come_and_go_are_followed_and_the_terminal_says_so(project: Project) -> None:
    assert project.run("status").stdout.splitlines()[-1] == "Files of tools: in sync"

    put(project, *NAMES, "sixth")
    until(lambda: active(project) == ["sixth", *NAMES])
    assert project.call("check_sync_status") == {"in_sync": True, "issues": []}

    (project.folder / "tools" / "sixth.py").unlink()
    until(lambda: active(project) == NAMES)
    assert project.call("get_tool_statistics", name="sixth")["status"] == "deleted"

    put(project, "sixth")
    until(lambda: active(project) == ["sixth", *NAMES])
    told = [event["event_type"] for event in project.call("get_lifecycle_events")["result"]]
    assert told[:2] == ["restored", "deleted"]


@pytest.mark.req("S19", "L31")
def test_the_terminal_tells_what_is_not_in_sync_as_the_tool_does(project: Project) -> None:
    put(project, *NAMES)
    until(lambda: active(project) == NAMES)
    for name in NAMES:
        (project.folder / "tools" / f"{name}.py").unlink()
    until(lambda: "mass_deletion" in codes(project))

    (issue,) = project.call("check_sync_status")["issues"]
    assert (issue["type"], issue["tools"]) == ("missing_files", NAMES)
    assert project.run("status").stdout.splitlines()[-1] == issue["message"]
    assert active(project) == NAMES

    (project.folder / "tools").rmdir()
    shown = project.run("status")
    assert shown.returncode == 0
    assert "There is no folder 'tools'" in shown.stdout.splitlines()[-1]
