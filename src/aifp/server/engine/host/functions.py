"""The host functions of this engine, by name."""

from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.words import HostFunction
from aifp.server.engine.driving.grants import Grants
from aifp.server.engine.host import command, file, http, log, notify, sleep, state, tool
from aifp.server.engine.host.tools import Call, Tools


class HostModule(Protocol):
    """What every host function brings: its class, its resume rule, and the deed."""

    def is_write(self, arguments: JsonMap) -> bool:
        """Say whether a call with these arguments changes something outside."""
        ...

    def is_repeatable(self, arguments: JsonMap) -> bool:
        """Say whether a call whose outcome is unknown may be made again."""
        ...

    async def do(self, call: Call, grants: Grants, tools: Tools) -> JsonValue:
        """Do it and return its value; raises AifpError or Wait."""
        ...


FUNCTIONS: Mapping[HostFunction, HostModule] = {
    "http": http,
    "notify": notify,
    "command": command,
    "file": file,
    "state": state,
    "sleep": sleep,
    "log": log,
    "tool": tool,
}
GRANTED: list[HostFunction] = sorted(FUNCTIONS)
