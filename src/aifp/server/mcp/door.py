"""The Door of one call: the person behind it and the tools before it."""

from collections.abc import Awaitable, Callable

from aifp.schemas.catalog import HelperEntry
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument, NoSuch, NotGranted
from aifp.schemas.ports import Ctx, Door, HumanAnswer
from aifp.server.mcp.people import Person
from aifp.server.mcp.registry import Registry
from aifp.server.mcp.view import View

MAX_FOUND = 50

MakeContext = Callable[[Door], Ctx]


class CallDoor:
    """Implements the Door port."""

    def __init__(
        self,
        person: Person,
        registry: Registry,
        view: View,
        make_context: MakeContext,
        announce: Callable[[], Awaitable[None]],
    ) -> None:
        self._person = person
        self._registry = registry
        self._view = view
        self._make_context = make_context
        self._announce = announce

    def context(self) -> Ctx:
        """Return the Ctx of this call."""
        return self._make_context(self)

    async def ask(self, key: str, message: str, schema: JsonMap) -> HumanAnswer:
        """Ask through the client; may raise NeedsInput."""
        return await self._person.ask(key, message, schema)

    async def tools_changed(self) -> None:
        """Tell every connected client that the list of tools changed."""
        await self._announce()

    async def progress(self, done: float, total: float | None, message: str) -> None:
        """Tell the caller how far the work is."""
        await self._person.progress(done, total, message)

    async def search_tools(self, query: str, limit: int) -> list[JsonMap]:
        """Return fitting tools that this connection may call, best first."""
        found_by_words = await self._registry.search_all(query, 10 * MAX_FOUND)
        allowed = filter(self._view.allows, found_by_words)
        found = [_shown(entry) for entry in allowed if entry.name != "call_tool"]
        return found[: max(1, min(limit, MAX_FOUND))]

    async def call_tool(self, name: str, arguments: JsonMap) -> JsonMap:
        """Call any tool through the same gate, marks and audit."""
        answer = await self._registry.run(self.context(), await self._callable(name), arguments)
        if answer.is_error and "error_code" not in answer.data:
            # An empty structure with warnings; inside call_tool only a failure is marked as one.
            raise InvalidArgument(f"{name}: {answer.data.get('warnings')}", answer=answer.data)
        return answer.data

    async def _callable(self, name: str) -> HelperEntry:
        entry = await self._registry.look_up(name)
        if entry is None:
            near = [other.name for other in await self._registry.search_all(name, 3)]
            hint = f" Near: {', '.join(near)}." if near else " Use search_tools."
            raise NoSuch(f"There is no tool named {name}.{hint}")
        if entry.name == "call_tool":
            raise InvalidArgument("call_tool cannot call itself; name the tool you mean.")
        if not self._view.allows(entry):
            raise NotGranted(f"{name} changes things, and this connection may only read.")
        return entry


def _shown(entry: HelperEntry) -> JsonMap:
    return {
        "name": entry.name,
        "toolset": entry.toolsets[0],
        "description": entry.description,
        "input_schema": entry.input_schema,
    }
