"""The user's own tools beside the catalog's: listed, found and called like any other."""

from collections.abc import Collection
from typing import Literal

from aifp.schemas.catalog import HelperEntry, Hints
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import RunReport, ToolRequest
from aifp.schemas.standings import OwnTool
from aifp.schemas.words import EffectClass
from aifp.server.mcp.facts import Facts
from aifp.server.mcp.results import Answer, fitting
from aifp.server.mcp.view import OWN

EFFECTS: dict[EffectClass, Literal["reads", "writes", "destroys"]] = {
    "read_only": "reads",
    "destructive": "destroys",
}
FAILED = "tool_failed"


class UserTools:
    """Knows the tools that a person has approved; each look is one query."""

    def __init__(self, facts: Facts, taken: Collection[str]) -> None:
        self._facts, self._taken = facts, frozenset(taken)
        self._seen: list[OwnTool] = []
        self._hidden: frozenset[str] = frozenset()
        # As of the last look, for those who cannot wait for one.
        self.known: dict[str, HelperEntry] = {}

    async def entries(self) -> dict[str, HelperEntry]:
        """Return every tool that can be called, by name."""
        own = [tool for tool in await self._facts.own_tools() if tool.name not in self._taken]
        if own != self._seen:
            self._seen = own
            self._hidden = frozenset(tool.name for tool in own if tool.status == "deprecated")
            self.known = {tool.name: entry_of(tool) for tool in own}
        return self.known

    def shown(self) -> list[HelperEntry]:
        """Return those that lists and searches show: the deprecated ones are called by name."""
        return [entry for name, entry in self.known.items() if name not in self._hidden]


def entry_of(tool: OwnTool) -> HelperEntry:
    """Describe a tool as the catalog describes its own."""
    effect = tool.effect_class
    hints = Hints(
        read_only=effect == "read_only",
        destructive=effect in ("destructive", "unknown"),
        idempotent=effect in ("read_only", "idempotent"),
        open_world=True,
    )
    return HelperEntry(
        name=tool.name,
        group=OWN,
        module=OWN,
        is_tool=True,
        description=tool.description or f"Run the tool {tool.name}.",
        toolsets=(OWN,),
        title=tool.name.replace("_", " ").capitalize(),
        effect=EFFECTS.get(effect, "writes"),
        hints=hints,
        input_schema=tool.parameters,
    )


async def call_own(ctx: Ctx, entry: HelperEntry, arguments: JsonMap) -> Answer:
    """Call a tool through its gate, and return what it answers."""
    report = await ctx.engine.run_now(ToolRequest(name=entry.name, input=arguments))
    return _answer(report)


def _answer(report: RunReport) -> Answer:
    data: JsonMap = {"success": report.success}
    if report.notice is not None:
        data["notice"] = report.notice
    if report.success:
        return Answer(fitting({**data, "result": report.result, "run_id": report.run_id}))
    told = report.error or report.reason or f"It ended {report.status}."
    failed: JsonMap = {"error": told, "error_code": FAILED, "status": report.status}
    return Answer(fitting({**data, **failed, "run_id": report.run_id}), is_error=True)
