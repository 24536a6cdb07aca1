from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from mcp.client.client import Client

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument
from aifp.server.catalog.load import load_catalog, tools_of
from aifp.server.mcp.instructions import INSTRUCTIONS
from aifp.server.mcp.listing import tool_of
from aifp.server.mcp.view import View, unknown_in
from tests.server.mcp.wiring import connected, fixture_sessions, listening

TOOLS = tools_of(load_catalog())
# Chapter 10 of the specification: 18 rows marked core, and six of other toolsets.
CORE = {
    "user_directive_parse",
    "user_directive_validate",
    "user_directive_implement",
    "user_directive_approve",
    "user_directive_activate",
    "user_directive_deactivate",
    "user_directive_update",
    "user_directive_monitor",
    "user_directive_status",
    "run_directive",
    "get_pending_approvals",
    "request_approval",
    "get_alerts",
    "acknowledge_alert",
    "get_engine_status",
    "search_tools",
    "call_tool",
    "stop_all",
    "get_directive_by_name",
    "get_directives_by_status",
    "get_active_directives",
    "get_execution_stats",
    "get_recent_executions",
    "get_run_trace",
}


def names_in(view: View) -> set[str]:
    return {entry.name for entry in view.listed(TOOLS)}


def test_the_default_is_exactly_the_24_tools_of_the_specification() -> None:
    assert len(CORE) == 24
    assert names_in(View()) == CORE


def test_the_default_list_stays_under_8000_tokens() -> None:
    listed = [tool_of(entry) for entry in View().listed(TOOLS)]
    size = sum(len(tool.model_dump_json(by_alias=True, exclude_none=True)) for tool in listed)
    assert size / 4 < 8_000


def test_the_instructions_stay_under_600_tokens() -> None:
    assert len(INSTRUCTIONS.encode()) / 4 < 600


def test_all_lists_every_tool_and_single_tools_are_added() -> None:
    assert names_in(View(toolsets=("all",))) == {entry.name for entry in TOOLS}
    assert names_in(View(tools=("get_run",))) == CORE | {"get_run"}
    assert names_in(View(toolsets=("logging",))) == {
        entry.name for entry in TOOLS if "logging" in entry.toolsets
    }


def test_reading_only_wins_over_every_choice() -> None:
    view = View(toolsets=("all",), tools=("stop_all",), read_only=True)
    listed = view.listed(TOOLS)
    assert {entry.effect for entry in listed if entry.name != "call_tool"} == {"reads"}
    assert len(listed) == len([entry for entry in TOOLS if entry.effect == "reads"]) + 1


def test_every_tool_has_a_title_and_all_four_hints() -> None:
    for entry in TOOLS:
        tool = tool_of(entry).model_dump(mode="json", by_alias=True, exclude_none=True)
        hints = {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
        assert tool["title"] and tool["annotations"].keys() == hints, entry.name
        reads = entry.effect == "reads"
        assert tool["annotations"]["readOnlyHint"] is reads, entry.name
        assert tool["annotations"]["destructiveHint"] is (entry.effect == "destroys"), entry.name


@pytest.mark.parametrize(
    ("view", "told"),
    [
        (
            View(toolsets=("core", "coar")),
            r"no toolset coar\. There are: all, analytics, catalog, core",
        ),
        (View(tools=("get_runs", "stop_all")), r"no tool get_runs\. Near: .*get_run"),
        (View(tools=("zzz",)), r"no tool zzz\. docs/tools\.md"),
    ],
)
def test_an_unknown_name_is_told_with_those_that_exist(view: View, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        raise AssertionError(unknown_in(view, TOOLS))
    assert unknown_in(View(toolsets=("all",), tools=("get_run",)), TOOLS) is None


@asynccontextmanager
async def serving(options: JsonMap, **settings: object) -> AsyncGenerator[Client]:
    async with (
        listening(fixture_sessions(**settings), options) as port,
        connected(port, "legacy") as client,
    ):
        yield client


async def test_what_tools_answer_is_listed_when_it_is_asked_for() -> None:
    async with serving({}) as client:
        assert all(tool.output_schema is None for tool in (await client.list_tools()).tools)
    async with serving({"output_schemas": True}) as client:
        assert all(tool.output_schema for tool in (await client.list_tools()).tools)
    async with serving({}, output_schemas=True) as client:
        assert all(tool.output_schema for tool in (await client.list_tools()).tools)


def test_a_view_with_unknown_names_is_never_offered() -> None:
    sessions = fixture_sessions()
    assert "nothing" in str(sessions.refusal({"toolsets": ["nothing"]}))
    with pytest.raises(InvalidArgument, match="nothing"):
        sessions.offer({"toolsets": ["nothing"]})
