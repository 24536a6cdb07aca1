import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import mcp_types as types
import pytest
from anyio.lowlevel import checkpoint
from mcp import MCPError
from mcp.client.client import Client
from mcp.client.subscriptions import Subscription
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated

from aifp.schemas.reports import DayPlan
from aifp.schemas.standings import OwnTool, Standing
from aifp.server.mcp.audience import MAX_SUBSCRIPTIONS, Audience
from aifp.server.mcp.news import News
from tests.clock import FakeClock, settle
from tests.server.mcp.living import GOOD, Living, call
from tests.server.mcp.standings import standing

URI = "aifp://directives/watering"
LIST = "list"


class Heard:
    """What one client has heard, in either era: URIs, and `list` for a changed list."""

    def __init__(self) -> None:
        self.uris: list[str] = []
        self._new = asyncio.Event()

    def note(self, uri: str) -> None:
        self.uris.append(uri)
        self._new.set()

    async def until(self, *wanted: str) -> None:
        async with asyncio.timeout(20):
            while not set(wanted) <= set(self.uris):
                self._new.clear()
                await self._new.wait()


@asynccontextmanager
async def legacy_listener(living: Living, *uris: str) -> AsyncGenerator[tuple[Client, Heard]]:
    heard = Heard()

    async def note(message: object) -> None:
        if isinstance(message, types.ResourceUpdatedNotification):
            heard.note(str(message.params.uri))
        elif isinstance(message, types.ResourceListChangedNotification):
            heard.note(LIST)

    async with living.client("legacy", message_handler=note) as client:
        assert client.server_capabilities.resources
        assert client.server_capabilities.resources.subscribe
        assert client.server_capabilities.resources.list_changed
        for uri in uris:
            wish = types.SubscribeRequest(params=types.SubscribeRequestParams(uri=uri))
            await client.session.send_request(wish, types.EmptyResult)
        yield client, heard


@asynccontextmanager
async def modern_listener(living: Living, *uris: str) -> AsyncGenerator[tuple[Client, Heard]]:
    heard = Heard()

    async def follow(events: Subscription) -> None:
        async for event in events:
            match event:
                case ResourceUpdated(uri=uri):
                    heard.note(uri)
                case ResourcesListChanged():
                    heard.note(LIST)
                case _:
                    pass

    async with (
        living.client("2026-07-28") as client,
        client.listen(resources_list_changed=True, resource_subscriptions=list(uris)) as events,
        asyncio.TaskGroup() as group,
    ):
        task = group.create_task(follow(events))
        yield client, heard
        task.cancel()


LISTENERS = pytest.mark.parametrize("listener", [legacy_listener, modern_listener])
Listener = Callable[..., AbstractAsyncContextManager[tuple[Client, Heard]]]


@LISTENERS
async def test_a_client_hears_of_each_change_of_what_it_watches(
    living: Living, listener: Listener
) -> None:
    parts = [URI, *(f"{URI}/{part}" for part in ("source", "implementation", "trace", "logs"))]
    async with (
        listener(living, "aifp://directives", "aifp://statuses/active", *parts) as (_, heard),
        living.client("legacy") as other,
    ):
        name = await living.implement(other, GOOD)
        await heard.until(LIST, "aifp://directives", URI, f"{URI}/source", f"{URI}/implementation")
        assert f"{URI}/trace" not in heard.uris and "aifp://statuses/active" not in heard.uris
        for step in ("approve", "activate"):
            await call(other, f"user_directive_{step}", name=name)
        await heard.until("aifp://statuses/active")
        heard.uris.clear()
        await call(other, "run_directive", name=name)
        await heard.until(URI, f"{URI}/trace", f"{URI}/logs")
        assert LIST not in heard.uris and f"{URI}/source" not in heard.uris


@LISTENERS
async def test_what_the_person_does_at_the_terminal_is_heard_too(
    living: Living, listener: Listener
) -> None:
    async with (
        listener(living, URI, "aifp://statuses/active") as (_, heard),
        living.client("legacy") as other,
    ):
        name = await living.activate(other, GOOD)
        await heard.until(URI, "aifp://statuses/active")
        heard.uris.clear()
        registry = living.house.sessions.registry
        tool = registry.find("user_directive_deactivate")
        assert tool is not None
        assert not (await registry.run(living.house.person(), tool, {"name": name})).is_error
        await heard.until(URI, "aifp://statuses/active")


async def test_an_unsubscribed_resource_is_heard_of_no_longer(living: Living) -> None:
    async with legacy_listener(living, URI, "aifp://directives") as (client, heard):
        name = await living.implement(client, GOOD)
        await heard.until(URI)
        wish = types.UnsubscribeRequest(params=types.UnsubscribeRequestParams(uri=URI))
        await client.session.send_request(wish, types.EmptyResult)
        heard.uris.clear()
        await call(client, "user_directive_approve", name=name)
        await heard.until("aifp://directives")
        assert URI not in heard.uris


class Counting:
    """Facts that count how often they were asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.known = [standing("one")]
        self.tools: list[OwnTool] = []

    async def standings(self) -> list[Standing]:
        self.asked += 1
        return self.known

    async def own_tools(self) -> list[OwnTool]:
        return self.tools

    async def timezone(self) -> str:
        return "UTC"

    async def plan_of(self, day: str) -> DayPlan:
        raise ValueError(day)


class Ear:
    """A connection that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def tell(self, note: types.ServerNotification) -> None:
        self.told.append(getattr(note.params, "uri", note.method))


async def test_nothing_is_looked_up_while_nobody_listens() -> None:
    audience, facts = Audience(), Counting()
    news = News(audience, facts)
    await news.look()
    await news.ran("one", 1)
    assert facts.asked == 0


async def test_only_what_differs_is_told_and_only_to_those_who_watch_it() -> None:
    audience, facts, ear, other = Audience(), Counting(), Ear(), Ear()
    news = News(audience, facts)
    audience.before_first = news.begin
    await audience.watch(ear, "aifp://directives/one")
    await audience.watch(ear, "aifp://directives/one/source")
    await audience.join(other)
    await news.look()
    assert ear.told == []
    facts.known = [standing("one", approved=False)]
    await news.look()
    assert ear.told == ["aifp://directives/one"]
    facts.known = [standing("one", version=2), standing("two")]
    await news.look()
    assert ear.told[1:] == [
        "notifications/resources/list_changed",
        "aifp://directives/one",
        "aifp://directives/one/source",
    ]
    assert other.told == ["notifications/resources/list_changed"]
    audience.leave(ear)
    await news.ran("one", 7)
    assert len(ear.told) == 4


async def test_stirs_that_come_together_are_one_look_and_no_stir_is_lost() -> None:
    audience, facts = Audience(), Counting()
    news = News(audience, facts)
    await audience.watch(Ear(), "aifp://directives/one")
    clock = FakeClock()
    following = asyncio.ensure_future(news.follow(clock))
    for _ in range(3):
        news.stir()
    assert facts.asked == 0
    await settle()
    assert facts.asked == 1
    news.stir()
    await clock.advance(1)
    assert facts.asked == 2
    following.cancel()
    await asyncio.wait([following])


async def test_subscriptions_are_bounded_for_each_connection() -> None:
    audience, ear = Audience(), Ear()
    for number in range(MAX_SUBSCRIPTIONS):
        await audience.watch(ear, f"aifp://directives/d{number}")
    await audience.watch(ear, "aifp://directives/d0")
    with pytest.raises(MCPError, match="subscriptions"):
        await audience.watch(ear, "aifp://directives/more")


async def test_a_client_that_has_gone_is_forgotten(living: Living) -> None:
    audience = living.house.sessions.core.audience
    async with legacy_listener(living, URI), modern_listener(living, URI):
        assert audience.is_there
    for _ in range(100_000):
        if not audience.is_there:
            break
        await checkpoint()
    assert not audience.is_there
