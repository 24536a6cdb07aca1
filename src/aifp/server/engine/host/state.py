"""state(op, key, value): what the directive remembers, and what is known of the world."""

from typing import Literal

from pydantic import Field, JsonValue

from aifp.schemas.common import JsonMap, Record
from aifp.server.engine.driving.grants import Grants
from aifp.server.engine.host import test
from aifp.server.engine.host.tools import Call, Tools, read_arguments


class StateArguments(Record):
    """What state takes."""

    op: Literal["get", "set", "delete", "test", "entity"]
    key: str = Field(max_length=2_000)
    value: JsonValue = None


def is_write(arguments: JsonMap) -> bool:
    """Say no: a change waits for the run's success and touches nothing outside."""
    return False


def is_repeatable(arguments: JsonMap) -> bool:
    """Say yes: nothing is written before the run ends."""
    return True


async def do(call: Call, grants: Grants, tools: Tools) -> JsonValue:
    """Answer from, or stage into, the directive's own memory; or look at the world."""
    asked = read_arguments(StateArguments, call.arguments)
    match asked.op:
        case "get":
            return await tools.memory.get(tools.ctx.directives, asked.key)
        case "set":
            await tools.memory.set(tools.ctx.directives, asked.key, asked.value)
        case "delete":
            tools.memory.drop(asked.key)
        case "test":
            return await test.evaluate(asked.key, asked.value, tools)
        case "entity":
            return await test.entity(asked.key, tools)
    return None


async def redo(call: Call, tools: Tools) -> None:
    """Stage again what an earlier drive has staged."""
    asked = read_arguments(StateArguments, call.arguments)
    if asked.op == "set":
        tools.memory.stage(asked.key, asked.value)
    elif asked.op == "delete":
        tools.memory.drop(asked.key)
