import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import httpx2
import mcp_types as types
import pytest
from mcp import MCPError
from mcp.client.context import ClientRequestContext

from aifp.schemas.common import JsonMap
from aifp.server.mcp import http_ears
from aifp.server.mcp.audience import Audience, Ear
from aifp.server.mcp.http import HttpDoor
from aifp.server.mcp.http_ears import HttpEar
from aifp.server.mcp.http_offer import OfferByRequest
from tests.server.mcp.http_wiring import (
    BEARER,
    JSON,
    RIGHT,
    address,
    http,
    http_connected,
    http_listening,
    initialize,
    served,
)
from tests.server.mcp.wiring import data_of, fixture_sessions

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])


@pytest.fixture
async def port() -> AsyncGenerator[int]:
    """Serve in one task of its own; fixtures are begun and ended in different ones."""
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    end = asyncio.Event()

    async def serve() -> None:
        async with http_listening(fixture_sessions()) as port:
            listening.set_result(port)
            await end.wait()

    serving = asyncio.ensure_future(serve())
    yield await listening
    end.set()
    await serving


async def post(
    port: int, headers: dict[str, str], body: JsonMap | bytes | None = None, query: str = ""
) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body or initialize()).encode()
    async with http() as client:
        return await client.post(address(port, query), content=content, headers=JSON | headers)


@ERAS
async def test_the_same_tools_answer_over_http_in_both_eras(port: int, mode: str) -> None:
    async with http_connected(address(port), mode) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        answer = await client.call_tool("echo", {"text": "hi"})
        with pytest.raises(MCPError):
            await client.call_tool("no_such_tool", {})
    assert "echo" in listed and "get_things_by_status" not in listed
    assert answer.structured_content == {"text": "hi", "times": 1}


@ERAS
async def test_a_person_is_asked_over_http_in_both_eras(port: int, mode: str) -> None:
    async def agree(_: ClientRequestContext, __: object) -> types.ElicitResult:
        return types.ElicitResult(action="accept", content={"approved": True})

    async with http_connected(address(port), mode, elicitation_callback=agree) as client:
        answer = await client.call_tool("ask_person", {"questions": 2})
    asked = data_of(answer)["answers"]
    assert [given["action"] for given in asked] == ["accept", "accept"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer"},
        {"authorization": f"Basic {RIGHT['authorization'].partition(' ')[2]}"},
        {"x-token": RIGHT["authorization"].partition(" ")[2]},
    ],
)
async def test_nobody_comes_in_without_the_token(port: int, given: dict[str, str]) -> None:
    answer = await post(port, given)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_an_empty_token_lets_nobody_in() -> None:
    sessions = fixture_sessions()
    door = HttpDoor(OfferByRequest(sessions.offer), sessions.core, "")
    async with served(door) as port:
        for given in ({"authorization": "Bearer"}, {}):
            assert (await post(port, given)).status_code == 401


@pytest.mark.parametrize(
    "given",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1"},
        {"host": "127.0.0.1:1"},
        {"host": "127.0.0.1.evil.example:{port}"},
        {"origin": "http://evil.example"},
        {"origin": "http://evil.example:{port}"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "https://127.0.0.1:{port}"},
        {"origin": "null"},
    ],
)
async def test_a_page_of_another_site_is_turned_away_even_with_the_token(
    port: int, given: dict[str, str]
) -> None:
    filled = {name: value.format(port=port) for name, value in given.items()}
    answer = await post(port, RIGHT | filled)
    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
async def test_this_machine_is_welcome_by_each_of_its_names(port: int, name: str) -> None:
    host = f"{name}:{port}"
    answer = await post(port, RIGHT | {"host": host, "origin": f"http://{host}"})
    assert answer.status_code == 200


async def test_only_the_one_path_is_served(port: int) -> None:
    async with http(**RIGHT) as client:
        answer = await client.post(f"http://127.0.0.1:{port}/", json=initialize())
    assert answer.status_code == 404


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_above_4_mb_is_refused_and_the_server_goes_on(
    port: int, *, declared: bool
) -> None:
    large = json.dumps(initialize() | {"more": "x" * 5_000_000}).encode()

    async def chunks() -> AsyncGenerator[bytes]:
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    async with http(**RIGHT, **JSON) as client:
        answer = await client.post(address(port), content=large if declared else chunks())
        assert answer.status_code == 413
        after = await client.post(address(port), json=initialize())
    assert after.status_code == 200


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "not JSON"),
        (b"[]", "batches"),
        (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', "twice"),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":NaN}}', "NaN"),
        (b"[" * 100_000, "not JSON"),
    ],
)
async def test_http_is_read_as_strictly_as_a_stream(port: int, body: bytes, reason: str) -> None:
    answer = await post(port, RIGHT, body)
    assert answer.status_code == 400
    assert answer.json()["id"] is None and reason in answer.json()["error"]["message"]


@ERAS
async def test_the_query_chooses_what_is_offered(port: int, mode: str) -> None:
    chosen = address(port, "?toolsets=things&tools=echo&read_only=1")
    async with http_connected(chosen, mode) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        with pytest.raises(MCPError):
            await client.call_tool("announce", {})
    assert {"get_things_by_status", "echo"} <= names
    assert "announce" not in names and "get_bytes" not in names


async def test_a_query_cannot_undo_reading_only() -> None:
    async with (
        http_listening(fixture_sessions(read_only=True)) as port,
        http_connected(address(port, "?toolsets=all&read_only=0"), "legacy") as client,
    ):
        names = {tool.name for tool in (await client.list_tools()).tools}
    assert "echo" in names and "wait" not in names


async def test_a_list_change_reaches_the_sessions_of_the_handshake_era(port: int) -> None:
    heard = asyncio.Event()

    async def listen(message: object) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            heard.set()

    call: dict[str, Any] = {"name": "announce", "arguments": {}}
    async with (
        http_connected(address(port), "legacy", message_handler=listen),
        http_connected(address(port), "2026-07-28") as other,
    ):
        await other.call_tool("call_tool", call)
        await asyncio.wait_for(heard.wait(), 5)


async def test_a_list_change_reaches_modern_listeners(port: int) -> None:
    call: dict[str, Any] = {"name": "announce", "arguments": {}}
    async with (
        http_connected(address(port), "2026-07-28") as listener,
        http_connected(address(port), "legacy") as other,
        listener.listen(tools_list_changed=True) as events,
    ):
        await other.call_tool("call_tool", call)
        event = await asyncio.wait_for(anext(aiter(events)), 5)
    assert type(event).__name__ == "ToolsListChanged"


class Raw:
    """One session of the handshake era, request by request."""

    def __init__(self, client: httpx2.AsyncClient, port: int) -> None:
        self.client, self.url = client, address(port)
        self.headers: dict[str, str] = {}

    async def open(self) -> None:
        answer = await self.client.post(self.url, json=initialize())
        self.headers = {
            "mcp-session-id": answer.headers["mcp-session-id"],
            "mcp-protocol-version": "2025-11-25",
        }
        note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert (await self.client.post(self.url, json=note, headers=self.headers)).is_success

    async def echo(self, request_id: int, text: str) -> list[str]:
        """Return the ids of the events that answered."""
        params: JsonMap = {"name": "echo", "arguments": {"text": text}}
        request: JsonMap = {
            "jsonrpc": "2.0",
            "id": request_id,
            "method": "tools/call",
            "params": params,
        }
        answer = await self.client.post(self.url, json=request, headers=self.headers)
        assert text in answer.text
        return [line[4:] for line in answer.text.splitlines() if line.startswith("id: ")]

    async def replayed(self, after: str) -> str:
        """Return the first data line that follows an event, through a new stream."""
        headers = self.headers | {"last-event-id": after, "accept": "text/event-stream"}
        async with self.client.stream("GET", self.url, headers=headers) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: {"):
                    return line
        return ""


async def test_a_client_that_lost_its_stream_gets_its_own_answers_and_nobody_elses(
    port: int,
) -> None:
    async with http(**RIGHT, **JSON) as client:
        first, second = Raw(client, port), Raw(client, port)
        await first.open()
        await second.open()
        begun = (await first.echo(7, "for the first"))[0]
        other = (await second.echo(7, "for the second"))[0]
        again = await first.replayed(begun)
        others = await second.replayed(other)
    assert "for the first" in again and "for the second" not in again
    assert "for the second" in others and "for the first" not in others


async def test_a_session_that_was_ended_is_gone(port: int) -> None:
    async with http(**RIGHT, **JSON) as client:
        raw = Raw(client, port)
        await raw.open()
        assert (await client.delete(raw.url, headers=raw.headers)).is_success
        after = await client.post(raw.url, json=initialize(), headers=raw.headers)
    assert after.status_code == 404


async def test_a_session_that_a_modern_request_makes_up_is_none(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[HttpEar] = []

    class Noted(HttpEar):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            made.append(self)

    monkeypatch.setattr(http_ears, "HttpEar", Noted)
    meta: JsonMap = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params: JsonMap = {"name": "echo", "arguments": {"text": "hi"}, "_meta": meta}
    call: JsonMap = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    named = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "echo"}
    for session in ("made-up", "another"):
        answer = await post(port, RIGHT | named | {"mcp-session-id": session}, call)
        assert answer.status_code == 200 and "hi" in answer.text, answer.text
    assert made == []
    async with http(**RIGHT, **JSON) as client:
        raw = Raw(client, port)
        await raw.open()
        await raw.echo(1, "hi")
    assert len(made) == 1


class Heard(Audience):
    """An audience that tells who has come and who has left."""

    def __init__(self) -> None:
        super().__init__()
        self.joined: asyncio.Queue[Ear] = asyncio.Queue()
        self.left: asyncio.Queue[Ear] = asyncio.Queue()

    async def join(self, ear: Ear) -> None:
        await super().join(ear)
        self.joined.put_nowait(ear)

    def leave(self, ear: Ear) -> None:
        super().leave(ear)
        self.left.put_nowait(ear)


async def test_the_audience_lets_go_of_a_session_that_was_ended() -> None:
    sessions, audience = fixture_sessions(), Heard()
    core = replace(sessions.core, audience=audience)
    door = HttpDoor(OfferByRequest(sessions.offer), core, BEARER)
    async with served(door) as port, http(**RIGHT, **JSON) as client:
        raw = Raw(client, port)
        await raw.open()
        async with asyncio.timeout(20):
            ear = await audience.joined.get()
            assert audience.left.empty()
            await client.delete(raw.url, headers=raw.headers)
            assert await audience.left.get() is ear
