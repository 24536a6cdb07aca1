"""The three forms of `aifp serve`: one way to choose what a client is offered."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from mcp import MCPError
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.journeys.projects import AIFP, Project
from tests.journeys.test_http import served
from tests.server.daemon.processes import environment
from tests.server.mcp.http_wiring import http_connected

FORMS = pytest.mark.parametrize("form", ["pipe", "in-process", "http"])
OTHERS = ("get_notes", "get_missing_dependencies")
VARIABLES = {
    "AIFP_TOOLS": ", ".join(OTHERS),
    "AIFP_READ_ONLY": "1",
    "AIFP_OUTPUT_SCHEMAS": "1",
}
FLAGS = ["--tools", ",".join(OTHERS), "--read-only", "--output-schemas"]


@asynccontextmanager
async def serving(project: Project, form: str, *flags: str) -> AsyncGenerator[Client]:
    """Connect a client to one form of the command, in the environment of the test."""
    if form == "http":
        with served(project, *flags) as (_, url, token):
            async with http_connected(url, "2026-07-28", token) as client:
                yield client
        return
    forms = ["--in-process"] if form == "in-process" else []
    arguments = [*AIFP[1:], "serve", f"--project={project.folder}", *forms, *flags]
    parameters = StdioServerParameters(
        command=sys.executable, args=arguments, env=environment(), cwd=project.folder
    )
    async with Client(cast("Any", stdio_client(parameters)), mode="2026-07-28") as client:
        yield client


@FORMS
@pytest.mark.parametrize("way", ["flags", "variables"])
async def test_a_client_is_offered_what_was_chosen_in_whatever_way(
    project: Project, monkeypatch: pytest.MonkeyPatch, form: str, way: str
) -> None:
    for name, value in VARIABLES.items() if way == "variables" else ():
        monkeypatch.setenv(name, value)
    async with serving(project, form, *(FLAGS if way == "flags" else ())) as client:
        tools = (await client.list_tools()).tools
        with pytest.raises(MCPError):
            await client.call_tool("user_directive_parse", {"file_path": "directives/none.yaml"})
    names = {tool.name for tool in tools}
    assert {*OTHERS} <= names
    assert "user_directive_parse" not in names
    assert all(tool.output_schema for tool in tools)


@pytest.mark.parametrize("form", [(), ("--in-process",), ("--http", "--port", "0")])
def test_an_unknown_tool_is_refused_in_a_plain_sentence(
    project: Project, form: tuple[str, ...]
) -> None:
    done = project.run("serve", *form, "--tools", "get_alert", given="")
    assert done.returncode == 1
    assert done.stderr.startswith("aifp: There is no tool get_alert. Near: ")
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_flag_is_refused_by_name(project: Project) -> None:
    done = project.run("serve", "--in-process", "--readonly", given="")
    assert done.returncode == 2 and "There is no option --readonly." in done.stderr


def test_the_variables_of_a_client_are_no_settings(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    assert "Settings cannot be used" not in project.run("doctor").stdout
    assert project.run("status").returncode == 0
