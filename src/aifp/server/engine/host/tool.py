"""tool(name, arguments): call one of the user's own tools, which passes its own gate."""

from pydantic import Field, JsonValue

from aifp.schemas.common import JsonMap, Record
from aifp.server.engine.driving.grants import Grants
from aifp.server.engine.host.inner import InnerCall
from aifp.server.engine.host.tools import Call, Tools, read_arguments


class ToolArguments(Record):
    """What tool takes."""

    name: str = Field(min_length=1, max_length=64)
    arguments: JsonMap = {}


def is_write(arguments: JsonMap) -> bool:
    """Say yes: the arguments do not tell what the tool does; `reads_only` looks it up."""
    return True


async def reads_only(arguments: JsonMap, tools: Tools) -> bool:
    """Say whether the tool is known to change nothing."""
    return await tools.inner.effect_of(str(arguments.get("name"))) == "read_only"


def is_repeatable(arguments: JsonMap) -> bool:
    """Say yes: the call has a run of its own, which tells what became of it."""
    return True


async def do(call: Call, grants: Grants, tools: Tools) -> JsonValue:
    """Call the tool and return what it returns."""
    asked = read_arguments(ToolArguments, call.arguments)
    grants.permit("tool", name=asked.name)
    facts = tools.facts
    return await tools.inner.call(
        InnerCall(asked.name, asked.arguments, call.key, facts.run_id, facts.chain, facts.mode)
    )
