"""See what the engine does, and stop everything."""

from typing import Annotated, Literal

from pydantic import Field

from aifp.helpers.contract import destroys, reads
from aifp.schemas.common import Record
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import EngineStatus


class Stopped(Record):
    """Nothing fires until a person resumes."""

    success: Literal[True] = True
    cancelled_runs: int


@reads(toolset="core")
async def get_engine_status(ctx: Ctx) -> EngineStatus:
    """Get the engine's owner, load, open runs, next due times and stop switch."""
    return await ctx.engine.status()


@destroys(toolset="core")
async def stop_all(
    ctx: Ctx, reason: Annotated[str, Field(min_length=1, max_length=500)]
) -> Stopped:
    """End every run within 2 seconds and block firing; only a person resumes (aifp resume)."""
    return Stopped(cancelled_runs=await ctx.engine.stop_all(reason))
