import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import mcp_types as types
import pytest
from mcp import MCPError
from mcp.client.client import Client

from aifp.schemas.common import JsonMap
from aifp.server.mcp.sessions import Sessions
from aifp.server.mcp.tasks import MAX_TASKS, TTL, Tasks
from tests.clock import FakeClock, until
from tests.server.mcp.http_wiring import (
    BEARER,
    JSON,
    RIGHT,
    address,
    http,
    http_connected,
    http_listening,
)
from tests.server.mcp.task_client import (
    EXTENSION,
    TaskExtension,
    answer,
    begin,
    cancel,
    look,
    settled,
)
from tests.server.mcp.wiring import connected, data_of, fixture_sessions, listening

WIRES = pytest.mark.parametrize("wire", ["stream", "http"])
YES = {"action": "accept", "content": {"approved": True}}
MODERN = "2026-07-28"


@asynccontextmanager
async def served(
    wire: str, sessions: Sessions | None = None, mode: str = MODERN, **keywords: Any
) -> AsyncGenerator[Client]:
    """Connect a client over a stream of lines or over HTTP to sessions that take tasks."""
    shared = sessions or fixture_sessions()
    options = {"elicitation_callback": _nobody, **keywords}
    async with shared.running(FakeClock()):
        if wire == "stream":
            async with listening(shared) as port, connected(port, mode, **options) as client:
                yield client
        else:
            async with (
                http_listening(shared) as port,
                http_connected(address(port), mode, BEARER, **options) as client,
            ):
                yield client


async def _nobody(*_: object) -> types.ElicitResult:
    """Make the client say that it can ask; the questions of a task come another way."""
    return types.ElicitResult(action="decline")


@WIRES
async def test_what_a_task_asks_is_answered_through_it_round_after_round(wire: str) -> None:
    asked: list[str] = []

    def person(question: dict[str, Any]) -> dict[str, Any]:
        asked.append(question["params"]["message"])
        return YES

    async with served(wire, extensions=[TaskExtension(person)]) as client:
        result = await client.call_tool("ask_person", {"questions": 2})
    assert asked == ["Allow 0?", "Allow 1?"]
    assert [one["action"] for one in data_of(result)["answers"]] == ["accept", "accept"]


@WIRES
async def test_a_client_that_says_nothing_of_tasks_is_answered_as_ever(wire: str) -> None:
    async def agree(*_: object) -> types.ElicitResult:
        return types.ElicitResult.model_validate(YES)

    async with served(wire, elicitation_callback=agree) as client:
        result = await client.call_tool("ask_person", {})
        with pytest.raises(MCPError) as refused:
            await look(client.session, "any")
    assert data_of(result)["answers"][0]["action"] == "accept"
    assert refused.value.error.code == types.MISSING_REQUIRED_CLIENT_CAPABILITY


@WIRES
async def test_the_handshake_era_knows_no_such_tasks(wire: str) -> None:
    async with served(wire, mode="legacy") as client:
        assert not client.server_capabilities.extensions
        with pytest.raises(MCPError) as refused:
            await look(client.session, "any")
    assert refused.value.error.code in (types.METHOD_NOT_FOUND, types.INVALID_PARAMS)


@WIRES
async def test_a_task_that_is_called_off_ends_and_stays_so(wire: str) -> None:
    async with served(wire, extensions=[TaskExtension()]) as client:
        started = await begin(client, "ask_person")
        await settled(client.session, started.task_id, "input_required")
        await cancel(client.session, started.task_id)
        view = await settled(client.session, started.task_id)
        await cancel(client.session, started.task_id)
        after = await look(client.session, started.task_id)
    assert view["status"] == after["status"] == "cancelled"
    assert "inputRequests" not in (view.model_extra or {})


@WIRES
async def test_a_wrong_answer_is_refused_and_the_question_stays(wire: str) -> None:
    async with served(wire, extensions=[TaskExtension()]) as client:
        started = await begin(client, "ask_person")
        view = await settled(client.session, started.task_id, "input_required")
        (key,) = view["inputRequests"]
        with pytest.raises(MCPError) as refused:
            await answer(client.session, started.task_id, {key: {"action": "perhaps"}})
        await answer(client.session, started.task_id, {"another": YES})
        still = await look(client.session, started.task_id)
        await answer(client.session, started.task_id, {key: YES})
        done = await settled(client.session, started.task_id)
    assert refused.value.error.code == types.INVALID_PARAMS
    assert still["inputRequests"].keys() == {key}
    assert done["status"] == "completed"


async def test_the_id_of_a_task_cannot_be_guessed_and_no_other_is_known() -> None:
    async with served("stream", extensions=[TaskExtension()]) as client:
        ids = {(await begin(client, "ask_person")).task_id for _ in range(20)}
        with pytest.raises(MCPError) as unknown:
            await look(client.session, min(ids)[:-1])
    assert len(ids) == 20 and min(len(one) for one in ids) >= 32
    assert unknown.value.error.code == types.INVALID_PARAMS


@pytest.mark.parametrize("named", [{}, {"mcp-name": "another"}])
async def test_a_header_that_does_not_name_the_task_is_refused(named: dict[str, str]) -> None:
    meta: JsonMap = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {"extensions": {EXTENSION: {}}},
    }
    params: JsonMap = {"taskId": "one", "_meta": meta}
    request: JsonMap = {"jsonrpc": "2.0", "id": 1, "method": "tasks/get", "params": params}
    headers = {"mcp-protocol-version": MODERN, "mcp-method": "tasks/get", **named}
    async with http_listening(fixture_sessions()) as port, http(**RIGHT, **JSON) as client:
        answered = await client.post(address(port), json=request, headers=headers)
    assert answered.status_code == 400
    assert answered.json()["error"]["code"] == types.HEADER_MISMATCH


class Desk:
    """Tasks without a client: each call waits until it is let go."""

    def __init__(self) -> None:
        self.clock, self.tasks, self.go = FakeClock(), Tasks(), asyncio.Event()
        self.ended: list[str] = []

    async def call(self, *_: object) -> types.CallToolResult:
        try:
            await self.go.wait()
        except asyncio.CancelledError as ended:
            self.ended.append(str(ended))
            raise
        return types.CallToolResult(content=[])

    async def ask(self, *_: object) -> types.InputRequiredResult:
        params = types.ElicitRequestFormParams(
            message="?", requested_schema={"type": "object", "properties": {}}
        )
        return types.InputRequiredResult(input_requests={"q": types.ElicitRequest(params=params)})

    def begin(self, call: Any = None) -> Any:
        nothing: Any = None
        params = types.CallToolRequestParams(name="any")
        return self.tasks.begin(call or self.call, nothing, params)


async def test_there_is_room_for_so_many_tasks_and_no_more() -> None:
    desk = Desk()
    async with desk.tasks.running(desk.clock):
        assert all(desk.begin() for _ in range(MAX_TASKS))
        assert desk.begin() is None
        desk.go.set()


async def test_nothing_becomes_a_task_when_nobody_looks_after_them() -> None:
    assert Desk().begin() is None


async def test_a_task_is_kept_for_its_hour_and_a_working_one_for_as_long_as_it_takes() -> None:
    desk = Desk()
    async with desk.tasks.running(desk.clock):
        asking, working = desk.begin(desk.ask), desk.begin()
        await until(lambda: asking.status == "input_required")
        await desk.clock.advance((TTL - timedelta(seconds=1)).total_seconds())
        assert desk.tasks.find(asking.id).status == "input_required"
        await desk.clock.advance(1)
        with pytest.raises(MCPError):
            desk.tasks.find(asking.id)
        assert desk.tasks.find(working.id).status == "working"
        desk.go.set()


@pytest.mark.parametrize("last", ["completed", "input_required"])
async def test_a_task_that_worked_for_hours_is_kept_for_an_hour_after_them(last: str) -> None:
    desk = Desk()

    async def work_then_ask(*given: object) -> types.InputRequiredResult:
        await desk.call()
        return await desk.ask(*given)

    async with desk.tasks.running(desk.clock):
        task = desk.begin(work_then_ask if last == "input_required" else None)
        await desk.clock.advance(3 * TTL.total_seconds())
        desk.go.set()
        await until(lambda: desk.tasks.find(task.id).status == last)
        assert task.head()["ttlMs"] == 4 * TTL.total_seconds() * 1000
        await desk.clock.advance((TTL - timedelta(seconds=1)).total_seconds())
        assert desk.tasks.find(task.id).status == last
        await desk.clock.advance(1)
        with pytest.raises(MCPError):
            desk.tasks.find(task.id)


async def test_the_end_of_the_server_ends_every_task_without_calling_it_off() -> None:
    desk = Desk()
    async with desk.tasks.running(desk.clock):
        task = desk.begin()
        await asyncio.sleep(0)
    assert task.status == "cancelled" and desk.ended == [""]
