"""What host functions work with: the call, and the doors it may need."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, JsonValue, ValidationError

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.ports import Ctx
from aifp.schemas.subjects import Subject
from aifp.schemas.words import RunMode
from aifp.server.adapters.http import GuardedHttp
from aifp.server.adapters.programs import Programs
from aifp.server.engine.driving.budget import WorkingTime
from aifp.server.engine.driving.circuits import Circuits
from aifp.server.engine.driving.memory import Memory
from aifp.server.engine.driving.redaction import Redactor
from aifp.server.engine.host.inner import NO_TOOLS, InnerCalls
from aifp.server.engine.logs import RunLog

A = TypeVar("A", bound=BaseModel)

# D112: the longest sleep of code whose directive names no longer wait.
HOUR_MS = 3_600_000


class World(Protocol):
    """Answers conditions from what is known of entities."""

    async def evaluate(
        self, directive_id: int, expr_text: str, names: Mapping[str, JsonValue]
    ) -> bool | None:
        """Return the value of a condition, None when it is unknown."""
        ...


class Notifier(Protocol):
    """Tells a person something over a channel of the project."""

    async def send(self, channel: str, message: str, title: str | None, level: str) -> None:
        """Send one notice; raises DependencyMissing or Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What host functions must know of the run they serve."""

    run_id: int
    owner: Subject
    # 0 where the run is that of a tool.
    directive_id: int
    name: str
    zone: ZoneInfo
    seed: str
    longest_sleep_ms: int = HOUR_MS
    # The tools that have called one another up to here, the outermost first.
    chain: tuple[str, ...] = ()
    mode: RunMode = "live"


@dataclass(frozen=True, slots=True)
class Call:
    """One host call that is being done; `wake_at` and `tries` when it has waited before."""

    seq: int
    arguments: JsonMap
    key: str
    now: datetime
    wake_at: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Tools:
    """The doors behind the host functions of one run."""

    ctx: Ctx
    http: GuardedHttp
    notifier: Notifier
    world: World
    log: RunLog
    memory: Memory
    redactor: Redactor
    facts: RunFacts
    appending: asyncio.Lock
    budget: WorkingTime
    circuits: Circuits
    programs: Programs = field(default_factory=Programs)
    names: JsonMap = field(default_factory=lambda: JsonMap())
    inner: InnerCalls = NO_TOOLS


def read_arguments(model: type[A], arguments: JsonMap) -> A:
    """Return the checked arguments of a call; the guest may send anything."""
    try:
        return model.model_validate(arguments)
    except ValidationError as mismatch:
        first = mismatch.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidArgument(f"{place}: {first['msg']}.") from None
