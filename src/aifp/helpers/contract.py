"""The contract every tool keeps: it says what it does to the world, and it never raises.

`@reads`, `@writes` and `@destroys` mark tools, bare or with keywords:
    @reads
    @writes(toolset="core", asks=True, title="Approve a directive")
toolset: where the tool is listed; without it the module decides (catalog/toolsets.py).
title: what people see; without it the name in words. opens_world: it reaches beyond this
machine. asks: it may ask the person. repeatable: calling twice is the same as calling once.
`@internal` marks the private helpers of a group; they raise freely.
"""

import functools
import hashlib
import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Concatenate, Literal, ParamSpec, Protocol, TypeVar, overload

from aifp.schemas.common import Failure
from aifp.schemas.errors import AifpError
from aifp.schemas.ports import Ctx

Effect = Literal["reads", "writes", "destroys"]
P = ParamSpec("P")
R = TypeVar("R")
Body = Callable[Concatenate[Ctx, P], Awaitable[R]]
Tool = Callable[Concatenate[Ctx, P], Awaitable[R | Failure]]
Function = TypeVar("Function", bound=Callable[..., object])

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a tool says about itself; the catalog turns it into MCP annotations."""

    effect: Effect
    toolset: str | None = None
    title: str | None = None
    opens_world: bool = False
    asks: bool = False
    repeatable: bool | None = None


class Mark(Protocol):
    """One of reads, writes, destroys: a decorator with and without keywords."""

    @overload
    def __call__(self, body: Body[P, R], /) -> Tool[P, R]: ...
    @overload
    def __call__(
        self,
        *,
        toolset: str | None = None,
        title: str | None = None,
        opens_world: bool = False,
        asks: bool = False,
        repeatable: bool | None = None,
    ) -> Callable[[Body[P, R]], Tool[P, R]]: ...


async def guarded(name: str, work: Awaitable[R]) -> R | Failure:
    """Await work whose failure must stay its own: refusals and faults come back as Failure.

    CancelledError and NeedsInput are BaseExceptions and pass through.
    """
    try:
        return await work
    except AifpError as refusal:
        return Failure(error=str(refusal), error_code=refusal.code, details=refusal.details)
    except Exception as fault:  # noqa: BLE001 - "never raises" lives here, and only here
        return _unexpected(name, fault)


def marks_of(function: Callable[..., object]) -> Marks | None:
    """Return what a tool says about itself, None for anything else."""
    marks = function.__dict__.get("marks")
    return marks if isinstance(marks, Marks) else None


def is_internal(function: Callable[..., object]) -> bool:
    """Tell whether the function is a private helper of the catalog."""
    return function.__dict__.get("internal") is True


def internal(function: Function) -> Function:
    """Mark one of the private helpers that the catalog lists and no client can call."""
    function.__dict__["internal"] = True
    return function


def _mark(effect: Effect) -> Mark:
    def mark(body: Body[P, R] | None = None, /, **keywords: object) -> object:
        marks = Marks(effect, **keywords)  # pyright: ignore[reportArgumentType]
        return _promise(body, marks) if body else functools.partial(_promise, marks=marks)

    return mark  # pyright: ignore[reportReturnType]


def _promise(body: Body[P, R], marks: Marks) -> Tool[P, R]:
    @functools.wraps(body)
    async def tool(ctx: Ctx, /, *args: P.args, **kwargs: P.kwargs) -> R | Failure:
        return await guarded(body.__qualname__, body(ctx, *args, **kwargs))

    tool.__dict__["marks"] = marks
    return tool


def _unexpected(name: str, fault: Exception) -> Failure:
    """Log a surprise under a reference that is equal for equal faults."""
    last = traceback.extract_tb(fault.__traceback__)[-1:]
    place = f"{type(fault).__name__}:{last[0].filename}:{last[0].lineno}" if last else "nowhere"
    reference = hashlib.sha256(f"{name}:{place}".encode()).hexdigest()[:8]
    logger.error("%s failed, reference %s", name, reference, exc_info=fault)
    return Failure(
        error=f"Unexpected fault in {name}; the error log has the reference {reference}.",
        error_code="internal",
        details={"reference": reference},
    )


reads = _mark("reads")
writes = _mark("writes")
destroys = _mark("destroys")
