"""The daemon dies between the commits of its two databases; the next one tells nothing twice."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aifp.server.engine.driving.failpoints import CRASHED
from tests.journeys.house import answers, bring_up, daemon, database, look, start_daemon
from tests.journeys.projects import Project, until

TEXT = """
timezone: UTC
directives:
  tidy:
    at: 18:30
    do: log "put the tools away"
"""
FILES = ["directives/tidy.yaml", "src/automations/tidy.py", "tests/test_tidy.py"]


def die_between(project: Project, change: Callable[[], Any]) -> None:
    """Change something in a daemon that dies once project.db knows and before it says so."""
    process = start_daemon(project, AIFP_FAILPOINTS="after_projection")
    until(lambda: answers(project) or process.poll() is not None)
    with contextlib.suppress(OSError):
        change()
    assert process.wait(60) == CRASHED


def untold(project: Project) -> list[int]:
    sql = "SELECT id FROM outbox WHERE applied_at IS NULL ORDER BY id"
    return [row["id"] for row in look(database(project), sql)]


def taken(project: Project) -> list[int]:
    sql = "SELECT outbox_id AS id FROM applied_outbox ORDER BY outbox_id"
    return [row["id"] for row in look(project_db(project), sql)]


def project_db(project: Project) -> Path:
    return database(project).with_name("project.db")


@pytest.mark.req("D73")
def test_a_daemon_that_dies_between_the_two_commits_loses_and_doubles_nothing(
    project: Project,
) -> None:
    place = project.write("tidy.yaml", TEXT)
    die_between(project, lambda: project.call("user_directive_parse", file_path=place))
    assert untold(project)
    assert set(untold(project)) <= set(taken(project))
    with daemon(project):
        assert project.ask("answer", name="tidy", answers={})["success"]
        until(lambda: project.call("get_project_status")["user_directives_status"] is not None)
    assert untold(project) == []
    die_between(project, lambda: project.call("user_directive_implement", name="tidy"))
    assert untold(project)
    before = look(project_db(project), "SELECT id, path, created_at FROM files ORDER BY path")
    assert [row["path"] for row in before] == FILES
    with daemon(project):
        until(lambda: len(project.call("get_project_functions")["result"]) > 0)
        listed = project.call("get_project_files")
        assert [file["path"] for file in listed["result"]] == FILES
        named = project.call("get_project_functions", directive_name="tidy")["result"]
        assert sum(one["is_entry_point"] for one in named) == 1
    assert untold(project) == []
    sent = look(database(project), "SELECT id FROM outbox ORDER BY id")
    assert [row["id"] for row in sent] == taken(project)
    after = look(project_db(project), "SELECT id, path, created_at FROM files ORDER BY path")
    assert after == before


@pytest.mark.req("D74", "D75", "D77")
def test_a_directive_that_has_run_has_come_the_whole_way(project: Project) -> None:
    with daemon(project):
        assert project.call("get_completion_path")["overall_progress"] == "0/6"
        bring_up(project, "tidy.yaml", TEXT)
        assert project.call("get_completion_path")["overall_progress"] == "5/6"
        first = project.call("run_directive", name="tidy")
        assert first["status"] == "success"
        until(lambda: project.call("get_completion_path")["overall_progress"] == "6/6")
        assert project.call("get_project_status")["user_directives_status"] == "active"
        key = "logging.execution_tracking"
        switched = project.call("set_user_setting", setting_key=key, setting_value=False)
        assert switched["effective_value"] is False
        assert project.call("run_directive", name="tidy")["status"] == "success"
        told = project.call("get_log_entries", log_type="execution")["result"]
        assert {line["run_id"] for line in told} == {first["run_id"]}
        assert len(project.runs()) == 2
