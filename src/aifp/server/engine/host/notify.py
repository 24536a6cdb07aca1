"""notify(channel, message): tell a person, once."""

from typing import Literal

from pydantic import Field, JsonValue

from aifp.schemas.common import JsonMap, Record
from aifp.server.engine.driving.grants import Grants
from aifp.server.engine.host.tools import Call, Tools, read_arguments


class NotifyArguments(Record):
    """What notify takes."""

    channel: str
    message: str = Field(max_length=65_536)
    title: str | None = Field(None, max_length=1_024)
    level: Literal["low", "normal", "high"] = "normal"


def is_write(arguments: JsonMap) -> bool:
    """Say yes: a person sees it."""
    return True


def is_repeatable(arguments: JsonMap) -> bool:
    """Say no: nobody wants the same notice twice."""
    return False


async def do(call: Call, grants: Grants, tools: Tools) -> JsonValue:
    """Send the notice over a granted channel."""
    asked = read_arguments(NotifyArguments, call.arguments)
    grants.permit("notify", channel=asked.channel)
    await tools.notifier.send(asked.channel, asked.message, asked.title, asked.level)
    return None
