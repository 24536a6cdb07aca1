"""log(level, message): one line in the run's log."""

from pydantic import JsonValue

from aifp.schemas.common import JsonMap, Record
from aifp.server.engine.driving.grants import Grants
from aifp.server.engine.host.tools import Call, Tools, read_arguments


class LogArguments(Record):
    """What log takes."""

    level: str = "info"
    message: str


def is_write(arguments: JsonMap) -> bool:
    """Say no: a line of our own log is nothing outside."""
    return False


def is_repeatable(arguments: JsonMap) -> bool:
    """Say yes: the same line twice does no harm."""
    return True


async def do(call: Call, grants: Grants, tools: Tools) -> JsonValue:
    """Write the line."""
    asked = read_arguments(LogArguments, call.arguments)
    await tools.log.say(asked.level, asked.message)
    return None


async def redo(call: Call, tools: Tools) -> None:
    """Count a line that an earlier drive has written."""
    asked = read_arguments(LogArguments, call.arguments)
    await tools.log.say(asked.level, asked.message, again=True)
