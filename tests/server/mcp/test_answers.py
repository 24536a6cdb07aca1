"""What tools answer over the wire, held against the schemas that clients may ask for."""

import json
from typing import Any

import mcp_types as types
import pytest
from jsonschema import Draft202012Validator
from mcp.client.client import Client

from aifp.schemas.common import JsonMap
from tests.server.mcp.living import BAD, GOOD, Living, yes
from tests.server.mcp.wiring import connected, listening

READS: dict[str, JsonMap] = {
    "get_directive_by_id": {"directive_id": 1},
    "get_directive_by_name": {"name": "watering"},
    "get_directives_by_status": {"status": "active"},
    "get_directives_by_type": {"directive_type": "schedule"},
    "get_directives_from_file": {"source_file": "directives/notes.yaml"},
    "get_execution_stats": {"directive_id": 1},
    "get_run": {"run_id": 1},
    "get_run_trace": {"run_id": 1},
    "get_dependencies_by_type": {"dependency_type": "api_key"},
    "get_implementation": {"directive_id": 1},
    "get_implementations_by_status": {"status": "deployed"},
    "get_log_entries": {"log_type": "execution"},
    "get_user_setting": {"setting_key": "execution.overlap"},
    "get_directive_preference": {
        "directive_name": "watering",
        "preference_key": "execution.overlap",
    },
    "get_tool_statistics": {"name": "watering"},
    "detect_changes": {"name": "watering"},
    "get_deployment_health": {"name": "watering"},
    "get_test_results": {"name": "watering"},
    "get_version_history": {"name": "watering"},
    "show_diff": {"name": "watering", "version1": 1, "version2": 1},
    "get_version_at_time": {"name": "watering", "at": "2026-01-01T00:00:00Z"},
    "search_tools": {"query": "what failed"},
}
STEPS: list[tuple[str, JsonMap]] = [
    ("user_directive_parse", {"file_path": "directives/notes.yaml"}),
    ("user_directive_validate", {"name": "watering"}),
    ("user_directive_implement", {"name": "watering"}),
    ("user_directive_approve", {"name": "watering"}),
    ("user_directive_activate", {"name": "watering"}),
    ("run_directive", {"name": "watering", "dry_run": True}),
    ("run_directive", {"name": "watering"}),
    ("call_tool", {"name": "get_engine_status", "arguments": {}}),
    ("user_directive_update", {"file_path": "directives/notes.yaml", "dry_run": True}),
    ("user_directive_deactivate", {"name": "watering"}),
    ("stop_all", {"reason": "the test is over"}),
]


async def require_fit(client: Client, tool: types.Tool, arguments: JsonMap) -> None:
    """Call a tool; its text is its structure, and its structure fits its schema."""
    answer = await client.call_tool(tool.name, arguments)
    assert not answer.is_error, (tool.name, answer.structured_content)
    (text,) = answer.content
    assert isinstance(text, types.TextContent)
    assert json.loads(text.text) == answer.structured_content
    schema = tool.output_schema
    assert schema is not None and schema["type"] == "object", tool.name
    Draft202012Validator.check_schema(schema)
    validator: Any = Draft202012Validator(schema)
    faults = [fault.message for fault in validator.iter_errors(answer.structured_content)]
    assert not faults, (tool.name, faults)


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_every_reading_tool_and_the_whole_way_answer_as_their_schemas_say(
    living: Living, mode: str
) -> None:
    living.write("notes.yaml", GOOD)
    options: JsonMap = {"toolsets": ["all"], "output_schemas": True}
    async with (
        listening(living.house.sessions, options) as port,
        connected(port, mode, elicitation_callback=yes) as client,
    ):
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        await living.implement(client, BAD)
        living.write("notes.yaml", GOOD)
        for name, arguments in STEPS[:-2]:
            await require_fit(client, tools[name], arguments)
        called = 0
        for name, tool in tools.items():
            assert tool.annotations
            takes = tool.input_schema.get("required", [])
            if tool.annotations.read_only_hint and (name in READS or not takes):
                await require_fit(client, tool, READS.get(name, {}))
                called += 1
        for name, arguments in STEPS[-2:]:
            await require_fit(client, tools[name], arguments)
        hints = [tool.annotations for tool in tools.values()]
        assert called == sum(hint is not None and hint.read_only_hint is True for hint in hints)
