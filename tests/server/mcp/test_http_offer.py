"""Changes and cancellation over HTTP: the same offer, other wires."""

import asyncio

import mcp_types as types
import pytest
from mcp.shared.subscriptions import ResourceUpdated

from tests.server.mcp.http_wiring import address, http_connected, http_listening
from tests.server.mcp.living import GOOD, Living, yes
from tests.server.mcp.test_long_calls import called, ended_by_the_test, newest, spinning

URI = "aifp://directives/watering"


async def test_a_run_called_off_over_http_ends_cancelled(living: Living) -> None:
    async with (
        http_listening(living.house.sessions) as port,
        http_connected(address(port), "legacy", elicitation_callback=yes) as client,
        living.client("legacy") as other,
    ):
        await spinning(living, other)
        async with called(client, "run_directive", name="spinning"):
            await newest(other, "running")
        assert (await newest(other, "cancelled"))["reason"] == "called off by the client"


async def test_a_stream_that_is_closed_over_http_lets_its_run_go_on(
    living: Living, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "aifp.audit")
    async with (
        http_listening(living.house.sessions) as port,
        http_connected(address(port), "2026-07-28", elicitation_callback=yes) as client,
        living.client("legacy") as other,
    ):
        await spinning(living, other)
        async with called(client, "run_directive", name="spinning"):
            await newest(other, "running")
        await ended_by_the_test(other, caplog)
        assert (await client.list_tools()).tools


async def test_changes_are_heard_over_http_before_2026_07_28(living: Living) -> None:
    heard = asyncio.Event()

    async def note(message: object) -> None:
        if isinstance(message, types.ResourceUpdatedNotification):
            assert str(message.params.uri) == URI
            heard.set()

    async with (
        http_listening(living.house.sessions) as port,
        http_connected(address(port), "legacy", message_handler=note) as client,
        living.client("legacy") as other,
    ):
        wish = types.SubscribeRequest(params=types.SubscribeRequestParams(uri=URI))
        await client.session.send_request(wish, types.EmptyResult)
        await living.implement(other, GOOD)
        await asyncio.wait_for(heard.wait(), 20)


async def test_changes_are_heard_over_http_since_2026_07_28(living: Living) -> None:
    async with (
        http_listening(living.house.sessions) as port,
        http_connected(address(port), "2026-07-28") as client,
        client.listen(resource_subscriptions=[URI]) as events,
        living.client("legacy") as other,
    ):
        await living.implement(other, GOOD)
        event = await asyncio.wait_for(anext(aiter(events)), 20)
    assert event == ResourceUpdated(uri=URI)


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_an_unknown_toolset_in_a_query_is_refused_by_name(living: Living, mode: str) -> None:
    async with (
        http_listening(living.house.sessions) as port,
        http_connected(address(port, "?toolsets=nothing"), mode) as client,
    ):
        with pytest.raises(Exception, match="no toolset nothing"):
            await client.list_tools()
