"""Notice what has changed about directives and tools, and tell who listens."""

import asyncio
from collections.abc import Iterator

from mcp.server.subscriptions import ResourcesListChanged, ResourceUpdated, ToolsListChanged

from aifp.helpers.contract import guarded
from aifp.schemas.ports import Clock
from aifp.schemas.standings import OwnTool, Standing
from aifp.server.mcp.audience import Audience
from aifp.server.mcp.facts import Facts
from aifp.server.mcp.resources import ROOT, RUNS, STATUSES, uri_of

Known = dict[str, Standing]
# Between two looks, so that many writes in a row cost a few of them.
BREATH_S = 0.05


class News:
    """Compares what is with what was known; costs two queries, and nothing when nobody listens."""

    def __init__(self, audience: Audience, facts: Facts) -> None:
        self._audience, self._facts = audience, facts
        self._turn = asyncio.Lock()
        self._stirred = asyncio.Event()
        self._known: Known | None = None
        self._tools: list[OwnTool] = []

    def stir(self) -> None:
        """Say that something may have changed; whoever says it waits for nothing."""
        self._stirred.set()

    async def follow(self, clock: Clock) -> None:
        """Look after each stir, once for those that come together, until cancelled."""
        while await self._stirred.wait():
            self._stirred.clear()
            await self.look()
            await clock.wait(asyncio.Event(), BREATH_S)

    async def begin(self) -> None:
        """Take note of what is, before the first listener is answered."""
        if self._known is None:
            await self.look()

    async def look(self) -> None:
        """Tell what has changed since the last look; trouble here is no trouble of the caller."""
        if self._audience.is_there:
            await guarded("news", self._look())
        else:
            self._known = None

    async def ran(self, name: str | None, run_id: int) -> None:
        """Tell that a run has ended."""
        if self._audience.is_there:
            uris = [f"{RUNS}/{run_id}/trace", ROOT]
            if name is not None:
                uris += [uri_of(name), uri_of(name, "trace"), uri_of(name, "logs")]
            await self._tell(uris)

    async def _look(self) -> None:
        async with self._turn:
            now = {standing.name: standing for standing in await self._facts.standings()}
            tools = await self._facts.own_tools()
            before, self._known = self._known, now
            tools_before, self._tools = self._tools, tools
        if before is None:
            return
        if tools_before != tools:
            await self._audience.publish(ToolsListChanged())
        if before == now:
            return
        if before.keys() != now.keys():
            await self._audience.publish(ResourcesListChanged())
        await self._tell(list(dict.fromkeys(_changed(before, now))))

    async def _tell(self, uris: list[str]) -> None:
        for uri in uris:
            await self._audience.publish(ResourceUpdated(uri=uri))


def _changed(before: Known, now: Known) -> Iterator[str]:
    yield ROOT
    for name in before.keys() | now.keys():
        old, new = before.get(name), now.get(name)
        if old == new:
            continue
        yield uri_of(name)
        if _source(old) != _source(new):
            yield uri_of(name, "source")
        if _code(old) != _code(new):
            yield uri_of(name, "implementation")
        if _status(old) != _status(new):
            yield from (f"{STATUSES}/{word}" for word in (_status(old), _status(new)) if word)


def _source(standing: Standing | None) -> tuple[object, ...]:
    if standing is None:
        return ()
    marks = (standing.version, standing.source_sha256, standing.source_changed_at)
    return (standing.source_file, *marks)


def _code(standing: Standing | None) -> tuple[object, ...]:
    return (standing.implementation_id, standing.implemented_at) if standing else ()


def _status(standing: Standing | None) -> str | None:
    return standing.status if standing else None
