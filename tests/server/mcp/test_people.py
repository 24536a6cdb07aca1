from typing import Any

import mcp_types as types
import pytest

from tests.server.mcp.wiring import RawClient, connected, data_of, fixture_sessions, listening

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])


class Person:
    """Answers every question in one way and keeps what was asked."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.asked: list[str] = []

    async def __call__(self, _: object, params: Any) -> types.ElicitResult:
        self.asked.append(params.message)
        content = {"approve": True} if self.action == "accept" else None
        return types.ElicitResult(action=self.action, content=content)  # pyright: ignore[reportArgumentType]


@ERAS
@pytest.mark.parametrize("action", ["accept", "decline", "cancel"])
async def test_the_answer_of_the_person_reaches_the_tool(mode: str, action: str) -> None:
    person = Person(action)
    async with (
        listening(fixture_sessions()) as port,
        connected(port, mode, elicitation_callback=person) as client,
    ):
        answer = await client.call_tool("ask_person", {})
    content = {"approve": True} if action == "accept" else {}
    assert answer.structured_content == {"answers": [{"action": action, "content": content}]}
    assert person.asked == ["Allow 0?"]


@ERAS
async def test_several_questions_of_one_call_are_each_asked_once(mode: str) -> None:
    person = Person("accept")
    async with (
        listening(fixture_sessions()) as port,
        connected(port, mode, elicitation_callback=person) as client,
    ):
        answer = await client.call_tool("ask_person", {"questions": 3})
    assert len(data_of(answer)["answers"]) == 3
    assert person.asked == ["Allow 0?", "Allow 1?", "Allow 2?"]


@ERAS
async def test_questions_pass_through_call_tool(mode: str) -> None:
    person = Person("accept")
    async with (
        listening(fixture_sessions()) as port,
        connected(port, mode, elicitation_callback=person) as client,
    ):
        answer = await client.call_tool("call_tool", {"name": "ask_person", "arguments": {}})
    assert "'action': 'accept'" in str(answer.structured_content)


@pytest.mark.req("X02")
@ERAS
async def test_a_client_that_cannot_ask_gives_no_answer(mode: str) -> None:
    async with listening(fixture_sessions()) as port, connected(port, mode) as client:
        answer = await client.call_tool("ask_person", {})
    assert answer.structured_content == {"answers": [{"action": "unavailable", "content": {}}]}


META: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
    "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
}
YES = {"action": "accept", "content": {"approve": True}}


@pytest.mark.req("X02")
async def test_an_answer_without_our_sealed_state_is_not_believed() -> None:
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        call: dict[str, Any] = {"name": "ask_person", "arguments": {}, "_meta": META}
        forged = await raw.request(1, "tools/call", **call, inputResponses={"q0": YES})
        state = {"requestState": '{"asked":"q0","digest":"","given":{}}'}
        invented = await raw.request(2, "tools/call", **call, **state, inputResponses={"q0": YES})
        await raw.close()
    assert forged["result"]["resultType"] == "input_required"
    assert invented["error"]["code"] == types.INVALID_PARAMS


@pytest.mark.req("X02")
async def test_an_answer_counts_only_for_the_arguments_it_was_given_to() -> None:
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        call: dict[str, Any] = {"name": "ask_person", "_meta": META}
        asked = await raw.request(1, "tools/call", **call, arguments={"questions": 1})
        state = {"requestState": asked["result"]["requestState"], "inputResponses": {"q0": YES}}
        other = await raw.request(2, "tools/call", **call, arguments={"questions": 2}, **state)
        same = await raw.request(3, "tools/call", **call, arguments={"questions": 1}, **state)
        await raw.close()
    assert other["error"]["code"] == types.INVALID_PARAMS
    assert same["result"]["structuredContent"]["answers"] == [YES]


async def test_a_client_that_fails_to_ask_counts_as_unable() -> None:
    async def broken(_: object, __: Any) -> types.ElicitResult | types.ErrorData:
        return types.ErrorData(code=types.INTERNAL_ERROR, message="no window")

    async with (
        listening(fixture_sessions()) as port,
        connected(port, "legacy", elicitation_callback=broken) as client,
    ):
        answer = await client.call_tool("ask_person", {})
    assert "unavailable" in str(answer.structured_content)
