"""The 33 malformed messages (I25): the server lives, answers, or counts and logs."""

import asyncio
import json
import logging
from typing import Any

import pytest
from mcp_types import INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR

from aifp.server.mcp.wire import BUSY
from tests.server.mcp.wiring import RawClient, fixture_sessions, listening


def call(arguments: str, head: str = '"jsonrpc":"2.0","id":1,') -> bytes:
    params = f'{{"name":"echo","arguments":{arguments}}}'
    return f'{{{head}"method":"tools/call","params":{params}}}'.encode()


PING = b'"method":"ping"}'
ANSWERED: dict[str, tuple[bytes, int]] = {
    "not JSON": (b"hello", PARSE_ERROR),
    "null": (b"null", INVALID_REQUEST),
    "number": (b"42", INVALID_REQUEST),
    "text": (b'"ping"', INVALID_REQUEST),
    "cut": (call('{"text":"a"}')[:-9], PARSE_ERROR),
    "bad UTF-8": (call('{"text":"@"}').replace(b"@", b"\xff\xfe"), PARSE_ERROR),
    "lone surrogate": (call('{"text":"\\ud800"}'), INVALID_REQUEST),
    "BOM": (b"\xef\xbb\xbf" + call('{"text":"a"}'), PARSE_ERROR),
    "NaN": (call('{"text":"a","times":NaN}'), PARSE_ERROR),
    "Infinity": (call('{"text":"a","times":-Infinity}'), PARSE_ERROR),
    "1e999": (call('{"text":"a","times":1e999}'), INVALID_REQUEST),
    "400 digits": (call(f'{{"text":"a","times":{"9" * 400}}}'), INVALID_REQUEST),
    "5,000 digits": (call(f'{{"text":"a","times":{"9" * 5000}}}'), INVALID_REQUEST),
    "duplicate arguments": (call('{"text":"a","text":"b"}'), INVALID_REQUEST),
    "duplicate method": (b'{"jsonrpc":"2.0","id":1,"method":"a","method":"ping"}', INVALID_REQUEST),
    "depth 150": (call(f'{{"text":{"[" * 150}{"]" * 150}}}'), INVALID_REQUEST),
    "depth 100,000": (call(f'{{"text":{"[" * 100_000}{"]" * 100_000}}}'), PARSE_ERROR),
    "batch": (b'[{"jsonrpc":"2.0","id":1,' + PING + b"]", INVALID_REQUEST),
    "empty batch": (b"[]", INVALID_REQUEST),
    "id null": (b'{"jsonrpc":"2.0","id":null,' + PING, INVALID_REQUEST),
    "id float": (b'{"jsonrpc":"2.0","id":1.5,' + PING, INVALID_REQUEST),
    "id object": (b'{"jsonrpc":"2.0","id":{},' + PING, INVALID_REQUEST),
    "id true": (b'{"jsonrpc":"2.0","id":true,' + PING, INVALID_REQUEST),
    "no jsonrpc": (b'{"id":1,' + PING, INVALID_REQUEST),
    "wrong jsonrpc": (b'{"jsonrpc":"1.0","id":1,' + PING, INVALID_REQUEST),
    "number as jsonrpc": (b'{"jsonrpc":2.0,"id":1,' + PING, INVALID_REQUEST),
    "params list": (b'{"jsonrpc":"2.0","id":1,"params":[],' + PING, INVALID_REQUEST),
    "method number": (b'{"jsonrpc":"2.0","id":1,"method":7}', INVALID_REQUEST),
    "no method": (b'{"jsonrpc":"2.0","id":1}', INVALID_REQUEST),
    "unknown method": (b'{"jsonrpc":"2.0","id":1,"method":"no/such"}', METHOD_NOT_FOUND),
    "unknown tool": (
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nope"}}',
        INVALID_PARAMS,
    ),
    "no tool name": (b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}', INVALID_PARAMS),
}
REFUSED_BY_THE_TOOL = {
    "float for integer": call('{"text":"a","times":1.0}'),
    "text for integer": call('{"text":"a","times":"1"}'),
    "truth for integer": call('{"text":"a","times":true}'),
    "extra argument": call('{"text":"a","more":1}'),
    "arguments missing": call("{}"),
    "raising tool": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"explode"}}',
}
COUNTED = {
    "stray response": b'{"jsonrpc":"2.0","id":77,"result":{}}',
    "stray error": b'{"jsonrpc":"2.0","id":77,"error":{"code":1,"message":"x"}}',
    "broken response": b'{"jsonrpc":"2.0","id":77,"result":7}',
    "stray cancel": (
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}'
    ),
    "unknown notification": b'{"jsonrpc":"2.0","method":"notifications/nothing"}',
    "empty line": b"",
    "blanks": b"   ",
}


@pytest.mark.req("I25")
@pytest.mark.parametrize(("line", "code"), ANSWERED.values(), ids=ANSWERED)
async def test_a_malformed_message_is_answered(line: bytes, code: int) -> None:
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        await raw.initialize()
        await raw.send(line)
        assert (await raw.receive())["error"]["code"] == code
        assert await raw.alive()
        await raw.close()


@pytest.mark.req("I25")
@pytest.mark.parametrize("line", REFUSED_BY_THE_TOOL.values(), ids=REFUSED_BY_THE_TOOL)
async def test_wrong_arguments_come_back_as_tool_errors(line: bytes) -> None:
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        await raw.initialize()
        await raw.send(line)
        assert (await raw.receive())["result"]["isError"] is True
        assert await raw.alive()
        await raw.close()


@pytest.mark.req("I25")
@pytest.mark.parametrize("line", COUNTED.values(), ids=COUNTED)
async def test_what_may_not_be_answered_leaves_the_server_alive(line: bytes) -> None:
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        await raw.initialize()
        await raw.send(line)
        assert await raw.alive()
        await raw.close()


@pytest.mark.req("I25")
async def test_a_call_before_initialize_is_refused_and_ping_is_answered() -> None:
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        refused = await raw.request(1, "tools/call", name="echo", arguments={"text": "a"})
        assert refused["error"]["code"] == INVALID_PARAMS
        assert (await raw.request(2, "ping"))["result"] == {}
        await raw.close()


@pytest.mark.req("I25", "I28")
async def test_a_printing_tool_does_not_touch_the_protocol(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        await raw.initialize()
        answer = await raw.request(1, "tools/call", name="shout", arguments={})
        assert answer["result"]["structuredContent"] == {"success": True}
        await raw.close()
    assert "noise on stdout" in capfd.readouterr().out


@pytest.mark.req("I25")
async def test_ping_is_answered_during_a_long_call_and_the_call_can_be_cancelled() -> None:
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        await raw.initialize()
        long_call: dict[str, Any] = {"name": "wait", "arguments": {"seconds": 60}}
        request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": long_call}
        await raw.send(request)
        assert (await raw.request(2, "ping"))["id"] == 2
        note = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        await raw.send(note)
        assert (await raw.request(3, "ping"))["id"] == 3
        again = {"name": "echo", "arguments": {"text": "again"}}
        await raw.send({**request, "id": 4, "params": again})
        assert (await raw.receive())["result"]["structuredContent"]["text"] == "again"
        await raw.close()


async def test_an_id_that_is_still_open_is_refused() -> None:
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        await raw.initialize()
        params = {"name": "wait", "arguments": {"seconds": 60}}
        request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        await raw.send(request)
        await raw.send(request)
        assert (await raw.receive())["error"]["code"] == INVALID_REQUEST
        await raw.close()


@pytest.mark.req("I26")
@pytest.mark.parametrize("order", ["id first", "id last"])
async def test_an_argument_of_10_mb_is_refused_under_its_id(order: str) -> None:
    params = {"name": "echo", "arguments": {"text": "x" * 10_000_000, "id": 5}}
    first: dict[str, Any] = {"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": params}
    last: dict[str, Any] = {"method": "tools/call", "params": params, "jsonrpc": "2.0", "id": 9}
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        await raw.initialize()
        line = json.dumps(first if order == "id first" else last, separators=(",", ":"))
        await raw.send(line.encode())
        answer = await raw.receive()
        assert (answer["id"], answer["error"]["code"]) == (9, INVALID_REQUEST)
        assert await raw.alive()
        await raw.close()


def resident_mb() -> float:
    with open("/proc/self/statm") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * 4096 / 1e6


@pytest.mark.req("I26")
async def test_a_line_of_200_mb_without_an_end_takes_no_memory() -> None:
    block = b"x" * 1_000_000
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        await raw.initialize()
        before = resident_mb()
        for _ in range(200):
            raw.writer.write(block)
            await raw.writer.drain()
        assert resident_mb() - before < 40
        await raw.send(b"")
        assert (await raw.receive())["error"]["code"] == INVALID_REQUEST
        assert await raw.alive()
        await raw.close()


def flood(count: int, start: int = 1000) -> list[bytes]:
    return [
        json.dumps(
            {
                "jsonrpc": "2.0",
                "id": n,
                "method": "tools/call",
                "params": {"name": "echo", "arguments": {"text": "x", "times": 1000}},
            }
        ).encode()
        + b"\n"
        for n in range(start, start + count)
    ]


@pytest.mark.req("I27")
async def test_a_thousand_requests_at_once_are_all_answered_and_a_ping_between_them() -> None:
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        await raw.initialize()
        raw.writer.writelines(flood(1000))
        await raw.send({"jsonrpc": "2.0", "id": "p", "method": "ping"})
        ids = [(await raw.receive())["id"] for _ in range(1001)]
        assert {i for i in ids if i != "p"} == set(range(1000, 2000))
        await raw.close()


@pytest.mark.req("I27")
async def test_a_client_that_does_not_read_is_held_back_and_served_later() -> None:
    async with listening(fixture_sessions()) as port:
        raw, other = await RawClient.open(port), await RawClient.open(port)
        await raw.initialize()
        await other.initialize()
        before = resident_mb()
        lines = flood(10_000)

        async def send() -> None:
            for line in lines:
                raw.writer.write(line)
                await raw.writer.drain()

        async with asyncio.TaskGroup() as group:
            sending = group.create_task(send())
            for _ in range(50):
                assert await other.alive()
            assert resident_mb() - before < 60
            answers = [await raw.receive() for _ in lines]
            await sending
        assert all("result" in answer for answer in answers)
        await raw.close()
        await other.close()


@pytest.mark.req("I27")
async def test_cancels_of_unknown_ids_change_nothing() -> None:
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        await raw.initialize()
        for n in range(1000):
            note = {"method": "notifications/cancelled", "params": {"requestId": n}}
            await raw.send({"jsonrpc": "2.0", **note})
        assert await raw.alive()
        await raw.close()


async def test_more_subscriptions_than_a_client_needs_are_refused() -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
    }
    params = {"notifications": {"toolsListChanged": True}, "_meta": meta}
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        answers: list[dict[str, Any]] = []
        for n in range(17):
            request = {"id": n, "method": "subscriptions/listen", "params": params}
            await raw.send({"jsonrpc": "2.0", **request})
            answers.append(await raw.receive())
        assert answers[-1]["error"]["code"] == BUSY
        await raw.close()


async def test_open_calls_may_finish_after_the_end_of_input(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with listening(fixture_sessions()) as port:
        raw = await RawClient.open(port)
        await raw.initialize()
        params = {"name": "wait", "arguments": {"seconds": 0.05}}
        await raw.send({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        raw.writer.write_eof()
        assert (await raw.receive())["result"]["structuredContent"] == {"success": True}
        assert await raw.reader.read() == b""
        await raw.close()
