"""How code that runs reaches the user's own tools."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import Unavailable
from aifp.schemas.words import EffectClass, RunMode


@dataclass(frozen=True, slots=True)
class InnerCall:
    """A tool called by code: by which run, in which step, and through which tools so far."""

    name: str
    arguments: JsonMap
    key: str
    run_id: int
    chain: tuple[str, ...]
    mode: RunMode = "live"


class InnerCalls(Protocol):
    """Calls tools for code that runs; each call is a run of its own."""

    async def call(self, asked: InnerCall) -> JsonValue:
        """Return what the tool returns; raises AifpError, or Unrepeatable."""
        ...

    async def effect_of(self, name: str) -> EffectClass:
        """Return how dangerous a tool is; one that is not there is `unknown`."""
        ...


class NoTools:
    """Stands where there are none to be called."""

    async def call(self, asked: InnerCall) -> JsonValue:
        """Refuse."""
        raise Unavailable(f"No tools can be called here, so {asked.name} cannot.")

    async def effect_of(self, name: str) -> EffectClass:
        """Know nothing."""
        return "unknown"


NO_TOOLS = NoTools()
