"""Compare the active tools of a project and say which are alike."""

import json

from aifp.helpers.lifecycle.internal.duplicates import (
    DUPLICATE,
    Described,
    Twins,
    better_of,
    find_twins,
    normal_code,
)
from aifp.helpers.lifecycle.internal.stored_files import stored_texts
from aifp.helpers.lifecycle.internal.uses import uses_from
from aifp.schemas.common import JsonMap
from aifp.schemas.duplicates import ComparedTool, Confidence, DuplicatePair
from aifp.schemas.errors import AifpError, NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row


async def duplicates_of(ctx: Ctx, name: str | None = None) -> list[DuplicatePair]:
    """Return the pairs of user tools that are alike, the most alike first."""
    return [_pair(twins) for twins in await twins_of(ctx, name)]


async def twins_of(ctx: Ctx, name: str | None = None) -> list[Twins]:
    """Return the pairs of active user tools that are alike, with what was compared."""
    rows = await ctx.directives.all("tools_and_uses", status="active")
    tools = [await _described(ctx, row) for row in rows if row["kind"] == "user_tool"]
    if name is not None and name not in {tool.name for tool in tools}:
        raise NoSuch(f"There is no active tool named {name}.")
    return await find_twins(tools, name)


async def _described(ctx: Ctx, row: Row) -> Described:
    return Described(
        id=int(str(row["id"])),
        name=str(row["name"]),
        description=str(row["description"] or ""),
        parameters=_parameters(json.loads(str(row["parameters_json"]))),
        code=await _code(ctx, row),
        uses=uses_from(row),
    )


async def _code(ctx: Ctx, row: Row) -> str | None:
    """Return the normalised code; a tool whose bytes cannot be had is compared by its words."""
    if row["current_version_id"] is None:
        return None
    try:
        texts = await stored_texts(ctx, row["current_version_id"])
    except AifpError:
        return None
    return normal_code(texts[path] for path in sorted(texts))


def _parameters(schema: JsonMap) -> dict[str, str]:
    """Return the type of each parameter, as its schema words it."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return {}
    return {name: _type(value) for name, value in properties.items()}


def _type(schema: object) -> str:
    match schema:
        case {"type": str() as kind}:
            return kind
        case _:
            return json.dumps(schema, sort_keys=True, default=str)


def _pair(twins: Twins) -> DuplicatePair:
    a, b = twins.a, twins.b
    keep, reasons = better_of(a, b)
    other = b if keep is a else a
    return DuplicatePair(
        a=_compared(a),
        b=_compared(b),
        similarity=round(twins.similarity, 4),
        confidence=confidence_of(twins),
        common_parameters=sorted(a.parameters.keys() & b.parameters.keys()),
        only_a=sorted(a.parameters.keys() - b.parameters.keys()),
        only_b=sorted(b.parameters.keys() - a.parameters.keys()),
        keep=keep.name,
        reasons=reasons,
        archive_with=f'request_approval("archive_duplicate", "{other.name}")',
    )


def confidence_of(twins: Twins) -> Confidence:
    """Return how sure it is that two tools do the same."""
    if twins.same_code:
        return "same_code"
    return "duplicate" if twins.similarity >= DUPLICATE else "similar"


def _compared(tool: Described) -> ComparedTool:
    rate, last = tool.uses.rate, tool.uses.last_used
    return ComparedTool(
        name=tool.name,
        executions=tool.uses.executions,
        success_rate=None if rate is None else float(rate),
        last_used=to_text(last) if last else None,
    )
