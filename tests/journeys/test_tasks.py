"""Runs and approvals as tasks of a real daemon, looked after by a real client."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import mcp_types as types
import pytest
from mcp.client.client import Client

from tests.journeys.projects import Project
from tests.journeys.test_http import served
from tests.journeys.test_spinning_code import ENDLESS, activate, runs_of
from tests.server.mcp.http_wiring import http_connected
from tests.server.mcp.task_client import TaskExtension, begin, cancel, look, settled
from tests.server.mcp.wiring import data_of

GREET = '- name: greet\n  at: 18:30 on weekdays\n  do: log "hello"\n'
SPIN = """
directives:
  spin:
    on: webhook spin
    timeout: 10 minutes
    do: {code: spin}
"""


@asynccontextmanager
async def looking_after(project: Project, extension: TaskExtension) -> AsyncGenerator[Client]:
    async def decline(*_: object) -> types.ElicitResult:
        return types.ElicitResult(action="decline")

    with served(project) as (_, url, token):
        async with http_connected(
            url, "2026-07-28", token, extensions=[extension], elicitation_callback=decline
        ) as client:
            yield client


async def test_an_approval_and_a_run_are_tasks_that_end_with_their_answer(
    project: Project,
) -> None:
    asked: list[str] = []

    def person(question: dict[str, Any]) -> dict[str, Any]:
        asked.append(question["params"]["message"])
        return {"action": "accept", "content": {"approve": True}}

    project.implement("greet.yaml", GREET)
    async with looking_after(project, TaskExtension(person)) as client:
        approved = await client.call_tool("user_directive_approve", {"name": "greet"})
        run = await client.call_tool("run_directive", {"name": "greet"})
    assert data_of(approved).get("approved") is True, approved
    assert "greet" in asked[0]
    assert data_of(run)["status"] == "success"
    assert [run["status"] for run in project.runs()] == ["success"]


@pytest.mark.timeout(180)
async def test_a_run_ends_when_its_task_is_called_off(project: Project) -> None:
    project.call("user_directive_parse", file_path=project.write("spin.yaml", SPIN))
    project.ask("answer", name="spin", answers={})
    project.call("user_directive_implement", name="spin", code=ENDLESS)
    activate(project, "spin")
    async with looking_after(project, TaskExtension()) as client:
        started = await begin(client, "run_directive", name="spin")
        while not any(run["status"] == "running" for run in runs_of(project, "spin")):
            assert (await look(client.session, started.task_id))["status"] == "working"
        await cancel(client.session, started.task_id)
        view = await settled(client.session, started.task_id)
    assert view["status"] == "cancelled"
    run = runs_of(project, "spin")[0]
    assert (run["status"], run["reason"]) == ("cancelled", "called off by the client")
