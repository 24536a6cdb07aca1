import asyncio
from typing import Any

import mcp_types as types
import pytest
from mcp import MCPError

from tests.server.mcp.wiring import connected, data_of, fixture_sessions, listening

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])


def code_of(answer: types.CallToolResult) -> object:
    assert answer.is_error
    return data_of(answer)["error_code"]


@ERAS
async def test_a_tool_answers_with_structure_and_the_same_json_as_text(mode: str) -> None:
    async with listening(fixture_sessions()) as port, connected(port, mode) as client:
        answer = await client.call_tool("echo", {"text": "hi"})
    assert answer.structured_content == {"text": "hi", "times": 1}
    assert isinstance(answer.content[0], types.TextContent)
    assert answer.content[0].text == '{"text":"hi","times":1}'


@ERAS
async def test_only_the_chosen_toolset_is_listed_in_a_stable_order(mode: str) -> None:
    async with listening(fixture_sessions()) as port, connected(port, mode) as client:
        tools = (await client.list_tools()).tools
    names = [tool.name for tool in tools]
    assert "echo" in names and "get_things_by_status" not in names
    assert names == sorted(names)
    assert all(tool.title and tool.annotations for tool in tools)


@ERAS
async def test_an_unknown_tool_is_a_protocol_error(mode: str) -> None:
    async with listening(fixture_sessions()) as port, connected(port, mode) as client:
        with pytest.raises(MCPError) as unknown:
            await client.call_tool("no_such_tool", {})
        with pytest.raises(MCPError) as unlisted:
            await client.call_tool("announce", {})
    assert unknown.value.error.code == types.INVALID_PARAMS
    assert "call_tool" in unlisted.value.error.message


@ERAS
async def test_refusals_and_surprises_are_tool_errors_with_a_code(mode: str) -> None:
    async with listening(fixture_sessions()) as port, connected(port, mode) as client:
        refused = await client.call_tool("refuse", {})
        surprised = await client.call_tool("explode", {})
    assert code_of(refused) == "invalid_transition"
    assert code_of(surprised) == "internal"
    assert "secret detail" not in str(surprised)


@pytest.mark.req("D64")
@ERAS
async def test_all_wrong_arguments_are_listed_with_their_paths(mode: str) -> None:
    wrong: dict[str, Any] = {"text": 7, "tiems": 2}
    async with listening(fixture_sessions()) as port, connected(port, mode) as client:
        answer = await client.call_tool("echo", wrong)
    assert code_of(answer) == "invalid_argument"
    assert "text: " in str(answer.content) and "did you mean times?" in str(answer.content)


@pytest.mark.req("D64")
async def test_a_value_outside_the_list_gives_the_empty_structure_and_a_warning() -> None:
    async with (
        listening(fixture_sessions(toolsets=("all",))) as port,
        connected(port, "legacy") as client,
    ):
        answer = await client.call_tool("get_things_by_status", {"status": "bogus"})
        absent = await client.call_tool("get_thing", {"thing_id": 0})
    assert answer.is_error and data_of(answer)["result"] == []
    warnings = data_of(answer)["warnings"]
    assert warnings == ["status: \"bogus\" is not allowed; use 'draft' or 'active'"]
    assert data_of(absent)["found"] is False


@pytest.mark.req("D60")
async def test_lists_are_wrapped_counted_and_cut_at_500() -> None:
    arguments = {"status": "draft", "limit": 600}
    async with (
        listening(fixture_sessions(), {"toolsets": ["things"]}) as port,
        connected(port, "legacy") as client,
    ):
        answer = await client.call_tool("get_things_by_status", arguments)
    data = data_of(answer)
    assert (data["count"], data["total"], data["truncated"]) == (500, 600, True)


@pytest.mark.req("I26")
async def test_a_result_of_20_mb_is_cut_to_100_kb_and_says_so() -> None:
    async with listening(fixture_sessions()) as port, connected(port, "legacy") as client:
        answer = await client.call_tool("get_bytes", {"size": 20_000_000})
    data = data_of(answer)
    assert isinstance(answer.content[0], types.TextContent)
    assert len(answer.content[0].text.encode()) <= 100_000
    assert data["truncated"] is True and "20000000 characters" in str(data["text"])


async def test_half_a_surrogate_pair_in_an_answer_becomes_a_question_mark() -> None:
    async with listening(fixture_sessions()) as port, connected(port, "legacy") as client:
        answer = await client.call_tool("halve", {})
    assert answer.structured_content == {"text": "?", "times": 1}


@ERAS
async def test_other_toolsets_are_found_and_called_through_the_same_gate(mode: str) -> None:
    async with listening(fixture_sessions()) as port, connected(port, mode) as client:
        found = await client.call_tool("search_tools", {"query": "things in a stauts"})
        called = await client.call_tool(
            "call_tool", {"name": "get_things_by_status", "arguments": {"status": "draft"}}
        )
        wrong = await client.call_tool("call_tool", {"name": "echo", "arguments": {"text": 1}})
        bogus = await client.call_tool(
            "call_tool", {"name": "get_things_by_status", "arguments": {"status": "bogus"}}
        )
        unknown = await client.call_tool("call_tool", {"name": "ecko", "arguments": {}})
        itself = await client.call_tool("call_tool", {"name": "call_tool", "arguments": {}})
    assert "get_things_by_status" in str(found.structured_content)
    assert data_of(called)["count"] == 50
    assert code_of(wrong) == code_of(bogus) == "invalid_argument"
    assert code_of(unknown) == "not_found"
    assert code_of(itself) == "invalid_argument"


async def test_a_change_through_another_tool_is_looked_for_once() -> None:
    sessions, looks = fixture_sessions(), 0

    def look() -> None:
        nonlocal looks
        looks += 1

    sessions.registry.on_written.append(look)
    async with listening(sessions) as port, connected(port, "legacy") as client:
        for name, arguments, seen in (
            ("wait", {"seconds": 0}, 1),
            ("echo", {"text": "hi"}, 0),
            ("call_tool", {"name": "wait", "arguments": {"seconds": 0}}, 1),
            ("call_tool", {"name": "echo", "arguments": {"text": "hi"}}, 0),
        ):
            looks = 0
            assert not (await client.call_tool(name, arguments)).is_error
            assert looks == seen, (name, arguments)


async def test_reading_only_hides_and_refuses_what_changes_things() -> None:
    async with (
        listening(fixture_sessions(toolsets=("all",)), {"read_only": True}) as port,
        connected(port, "legacy") as client,
    ):
        names = {tool.name for tool in (await client.list_tools()).tools}
        answer = await client.call_tool("call_tool", {"name": "wait", "arguments": {"seconds": 0}})
        with pytest.raises(MCPError):
            await client.call_tool("wait", {"seconds": 0})
    assert "echo" in names and "wait" not in names
    assert code_of(answer) == "not_granted"


async def test_single_tools_are_added_to_the_chosen_sets() -> None:
    async with (
        listening(fixture_sessions(), {"tools": ["announce"]}) as port,
        connected(port, "legacy") as client,
    ):
        names = {tool.name for tool in (await client.list_tools()).tools}
    assert {"echo", "announce"} <= names


async def test_a_list_change_reaches_every_handshake_client() -> None:
    heard = asyncio.Event()

    async def listen(message: object) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            heard.set()

    async with (
        listening(fixture_sessions()) as port,
        connected(port, "legacy", message_handler=listen) as listener,
        connected(port, "2026-07-28") as other,
    ):
        assert listener.server_capabilities.tools
        assert listener.server_capabilities.tools.list_changed
        await other.call_tool("call_tool", {"name": "announce", "arguments": {}})
        await asyncio.wait_for(heard.wait(), 5)


async def test_a_list_change_reaches_every_modern_listener() -> None:
    async with (
        listening(fixture_sessions()) as port,
        connected(port, "2026-07-28") as listener,
        connected(port, "legacy") as other,
        listener.listen(tools_list_changed=True) as events,
    ):
        await other.call_tool("call_tool", {"name": "announce", "arguments": {}})
        event = await asyncio.wait_for(anext(aiter(events)), 5)
    assert type(event).__name__ == "ToolsListChanged"


@pytest.mark.req("X09")
async def test_two_clients_with_equal_ids_get_their_own_answers() -> None:
    async with (
        listening(fixture_sessions()) as port,
        connected(port, "legacy") as first,
        connected(port, "legacy") as second,
    ):
        answers = await asyncio.gather(
            *(
                client.call_tool("echo", {"text": f"{name}{n}"})
                for n in range(50)
                for name, client in (("a", first), ("b", second))
            )
        )
    texts = [answer.structured_content for answer in answers]
    assert texts == [{"text": f"{name}{n}", "times": 1} for n in range(50) for name in "ab"]
