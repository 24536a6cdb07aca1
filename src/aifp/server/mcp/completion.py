"""Continue what was typed: names of directives, numbers of runs, words of status, days."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import mcp_types as types
from mcp import MCPError

from aifp.server.mcp.facts import Facts
from aifp.server.mcp.prompts import PROMPTS
from aifp.server.mcp.resources import PATTERNS, STATUS_WORDS
from aifp.server.mcp.uses import Uses

# The most that the protocol lets an answer hold.
MAX_VALUES = 100
DAYS_AHEAD = 7


class Completer:
    """Completes for one call."""

    def __init__(self, facts: Facts, uses: Uses) -> None:
        self._facts, self._uses = facts, uses

    async def complete(self, params: types.CompleteRequestParams) -> types.CompleteResult:
        """Return the values that begin with what was typed, then those that contain it."""
        argument = params.argument
        found: list[str] = []
        if argument.name in _arguments_of(params.ref):
            found = _fitting(await self._values(argument.name), argument.value)
        completion = types.Completion(
            values=found[:MAX_VALUES], total=len(found), has_more=len(found) > MAX_VALUES
        )
        return types.CompleteResult(completion=completion)

    async def _values(self, name: str) -> list[str]:
        sources: dict[str, Callable[[], Awaitable[list[str]]]] = {
            "name": self._names,
            "run_id": self._runs,
            "status": self._statuses,
            "day": self._days,
        }
        source = sources.get(name)
        return await source() if source else []

    async def _names(self) -> list[str]:
        return [standing.name for standing in await self._facts.standings()]

    async def _runs(self) -> list[str]:
        found = await self._uses.tool("get_recent_executions", limit=MAX_VALUES)
        runs = found.get("result")
        rows = runs if isinstance(runs, list) else []
        return [str(run["id"]) for run in rows if isinstance(run, dict)]

    async def _statuses(self) -> list[str]:
        return list(STATUS_WORDS)

    async def _days(self) -> list[str]:
        today = self._uses.context().clock.now().date()
        dates = [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
        return ["tomorrow", "today", *(day.isoformat() for day in dates)]


def _arguments_of(ref: types.ResourceTemplateReference | types.PromptReference) -> list[str]:
    """Return what a prompt or a template can be given; unknown ones are refused."""
    if isinstance(ref, types.PromptReference):
        for prompt in PROMPTS:
            if prompt.name == ref.name:
                return [argument.name for argument in prompt.arguments or []]
        raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {ref.name[:100]}")
    for pattern in PATTERNS:
        if pattern.uri == ref.uri:
            return [pattern.uri.partition("{")[2].partition("}")[0]]
    raise MCPError(types.INVALID_PARAMS, f"Unknown resource template: {ref.uri[:100]}")


def _fitting(values: list[str], typed: str) -> list[str]:
    wanted = typed.lower()
    begin = [value for value in values if value.lower().startswith(wanted)]
    return begin + [value for value in values if wanted in value.lower() and value not in begin]
