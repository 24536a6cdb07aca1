"""Small tools that stand for every behaviour the registry must carry."""

import asyncio
import logging
import sys
from typing import Annotated, Literal

from pydantic import Field

from aifp.helpers.contract import destroys, reads, writes
from aifp.schemas.common import JsonMap, NotFound, Record
from aifp.schemas.errors import InvalidTransition
from aifp.schemas.ports import Ctx, HumanAnswer

YES_OR_NO: JsonMap = {
    "type": "object",
    "properties": {"approve": {"type": "boolean", "title": "Approve"}},
    "required": ["approve"],
}


class Said(Record):
    """What echo says."""

    text: str
    times: int = 1


class Asked(Record):
    """How the person answered."""

    answers: list[HumanAnswer]


class Done(Record):
    """Something is done."""

    success: bool = True


@reads(toolset="core")
async def echo(ctx: Ctx, text: str, times: int = 1) -> Said:
    """Repeat a text."""
    return Said(text=text * times, times=times)


@reads(toolset="core")
async def get_thing(ctx: Ctx, thing_id: Annotated[int, Field(ge=1)]) -> Said | NotFound:
    """Get one thing by its number."""
    return Said(text="one") if thing_id == 1 else NotFound()


@reads(toolset="things")
async def get_things_by_status(
    ctx: Ctx, status: Literal["draft", "active"], limit: int = 50, near: float | None = None
) -> list[Said]:
    """List the things that are in one status."""
    return [Said(text=status) for _ in range(limit)]


@reads(toolset="core")
async def get_bytes(ctx: Ctx, size: int) -> Said:
    """Return a very long text."""
    return Said(text="x" * size)


@writes(toolset="core", asks=True)
async def ask_person(ctx: Ctx, questions: int = 1) -> Asked:
    """Ask the person one or more times."""
    asked = [await ctx.door.ask(f"q{n}", f"Allow {n}?", YES_OR_NO) for n in range(questions)]
    return Asked(answers=asked)


@destroys(toolset="core", title="Break a rule")
async def refuse(ctx: Ctx) -> Done:
    """Refuse on purpose."""
    raise InvalidTransition("A draft cannot become active.", allowed=["validated"])


@reads(toolset="core")
async def explode(ctx: Ctx) -> Done:
    """Fail unexpectedly."""
    raise ZeroDivisionError("secret detail")


@reads(toolset="core")
async def shout(ctx: Ctx) -> Done:
    """Print and log where nothing may be printed."""
    sys.stdout.write("noise on stdout")
    sys.stdout.flush()
    logging.getLogger("noise").error("noise in the log")
    return Done()


@reads(toolset="core")
async def halve(ctx: Ctx) -> Said:
    """Return half a surrogate pair."""
    return Said(text="\ud800")


@writes(toolset="core")
async def wait(ctx: Ctx, seconds: float) -> Done:
    """Wait a while."""
    await asyncio.sleep(seconds)
    return Done()


@writes(toolset="things")
async def announce(ctx: Ctx) -> Done:
    """Say that the tools changed."""
    await ctx.door.tools_changed()
    return Done()


@reads(toolset="core")
async def search_tools(ctx: Ctx, query: str, limit: int = 10) -> list[JsonMap]:
    """Find tools."""
    return await ctx.door.search_tools(query, limit)


@writes(toolset="core")
async def call_tool(ctx: Ctx, name: str, arguments: JsonMap) -> JsonMap:
    """Call any tool."""
    return await ctx.door.call_tool(name, arguments)
