"""The person behind a client, as tests need one."""

from dataclasses import dataclass, field

from aifp.schemas.common import JsonMap
from aifp.schemas.ports import HumanAnswer


@dataclass
class Person:
    """The person behind a client: says what a test wrote down, or cannot be asked."""

    answers: list[HumanAnswer] = field(default_factory=lambda: [])
    asked: list[tuple[str, JsonMap]] = field(default_factory=lambda: [])

    async def ask(self, key: str, message: str, schema: JsonMap) -> HumanAnswer:
        self.asked.append((message, schema))
        return self.answers.pop(0) if self.answers else HumanAnswer(action="unavailable")

    async def tools_changed(self) -> None:
        pass

    async def progress(self, done: float, total: float | None, message: str) -> None:
        pass

    async def search_tools(self, query: str, limit: int) -> list[JsonMap]:
        raise NotImplementedError

    async def call_tool(self, name: str, arguments: JsonMap) -> JsonMap:
        raise NotImplementedError
