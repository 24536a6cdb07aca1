"""Tell the progress of one piece of a longer work as part of the whole."""

from dataclasses import dataclass, replace

from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx, Door, HumanAnswer


@dataclass(frozen=True, slots=True)
class PartOfWork:
    """A Door whose progress counts within one of several equal pieces."""

    door: Door
    done: int
    total: int

    async def progress(self, done: float, total: float | None, message: str) -> None:
        """Tell the caller how far the whole is."""
        await self.door.progress(self.done + (done / total if total else 0), self.total, message)

    async def ask(self, key: str, message: str, schema: JsonMap) -> HumanAnswer:
        """Ask through the client."""
        return await self.door.ask(key, message, schema)

    async def tools_changed(self) -> None:
        """Tell every connected client that the list of tools changed."""
        await self.door.tools_changed()

    async def search_tools(self, query: str, limit: int) -> list[JsonMap]:
        """Return fitting tools."""
        return await self.door.search_tools(query, limit)

    async def call_tool(self, name: str, arguments: JsonMap) -> JsonMap:
        """Call any tool."""
        return await self.door.call_tool(name, arguments)


def part_of(ctx: Ctx, done: int, total: int) -> Ctx:
    """Return the context for one piece of the work."""
    return replace(ctx, door=PartOfWork(ctx.door, done, total))
