"""How a host call is carried out: for real, or in a dry run only on paper."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError, NotGranted
from aifp.schemas.runs import PlannedCall
from aifp.schemas.sandbox import HostCall
from aifp.schemas.words import StepStatus
from aifp.server.engine.driving.grants import Grants
from aifp.server.engine.host import sleep, state, tool
from aifp.server.engine.host.faults import InputOutput, failure_facts, is_denied
from aifp.server.engine.host.functions import FUNCTIONS
from aifp.server.engine.host.log import redo as redo_log
from aifp.server.engine.host.tools import Call, Tools

# What a call that is not made answers, so that the code can go on.
STUB_REPLY: JsonMap = {"status": 200, "headers": {}, "json": {}}
Redo = Callable[[Call, Tools], Awaitable[None]]
REDO: dict[str, Redo] = {"log": redo_log, "state": state.redo}


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one call, not yet redacted; `facts` are kept with an error."""

    status: StepStatus
    value: JsonValue = None
    error_type: str | None = None
    error: str | None = None
    facts: JsonMap | None = None


class Effects(Protocol):
    """Carries out the calls of one run."""

    def now(self) -> datetime:
        """Return the time the run lives in."""
        ...

    async def perform(self, asked: HostCall, call: Call) -> Done:
        """Do one call; raises Wait when it goes on later."""
        ...

    async def redo(self, asked: HostCall, call: Call) -> None:
        """Take notice of a finished call that is answered from the record."""
        ...


class LiveEffects:
    """Does what is granted."""

    def __init__(self, grants: Grants, tools: Tools) -> None:
        self._grants, self._tools = grants, tools

    def now(self) -> datetime:
        """Return the time."""
        return self._tools.ctx.clock.now()

    async def perform(self, asked: HostCall, call: Call) -> Done:
        """Do one call; refusals and faults become answers."""
        own_retry = "retry" in asked.arguments
        try:
            module = FUNCTIONS.get(asked.function)
            if module is None:
                raise NotGranted(f"The host function {asked.function} is not available.")
            return Done("ok", await module.do(call, self._grants, self._tools))
        except AifpError as fault:
            return failed(fault, final=own_retry)
        except OSError as fault:
            return failed(InputOutput(f"{fault.strerror or fault}."), final=own_retry)

    async def redo(self, asked: HostCall, call: Call) -> None:
        """Stage and count again what the record says was done."""
        if asked.function in REDO:
            await REDO[asked.function](call, self._tools)


class DryEffects:
    """Lists what would be done; reads only where a person has approved them."""

    def __init__(self, live: LiveEffects, tools: Tools, start: datetime, *, reads: bool) -> None:
        self._live, self._tools, self._reads = live, tools, reads
        self._now = start
        self.calls: list[PlannedCall] = []

    def now(self) -> datetime:
        """Return the what-if time; only sleeps move it."""
        return self._now

    async def perform(self, asked: HostCall, call: Call) -> Done:
        """Do what is local, read what may be read, write nothing."""
        module = FUNCTIONS.get(asked.function)
        if module is None:
            return await self._live.perform(asked, call)
        if asked.function == "sleep":
            return self._slept(asked, call)
        if self._is_local(asked) or (self._reads and await self._is_read(asked)):
            self._list(asked, simulated=False)
            return await self._live.perform(asked, call)
        self._list(asked, simulated=True)
        return Done("simulated", stub(asked))

    async def redo(self, asked: HostCall, call: Call) -> None:
        """Nothing: a dry run is never driven again."""

    def _slept(self, asked: HostCall, call: Call) -> Done:
        self._list(asked, simulated=True)
        try:
            self._now = max(self._now, sleep.wake_time(call, self._tools))
        except AifpError as fault:
            return failed(fault, final=True)
        return Done("simulated")

    def _is_local(self, asked: HostCall) -> bool:
        """Say whether the call stays inside this run: its log and its staged memory."""
        local = asked.arguments.get("op") in ("get", "set", "delete")
        return asked.function == "log" or (asked.function == "state" and local)

    async def _is_read(self, asked: HostCall) -> bool:
        """Say whether the call changes nothing outside."""
        if asked.function == "tool":
            return await tool.reads_only(asked.arguments, self._tools)
        return not FUNCTIONS[asked.function].is_write(asked.arguments)

    def _list(self, asked: HostCall, *, simulated: bool) -> None:
        cleaned = self._tools.redactor.value(asked.arguments)
        arguments = cleaned if isinstance(cleaned, dict) else {}
        self.calls.append(
            PlannedCall(function=asked.function, arguments=arguments, simulated=simulated)
        )


def failed(fault: AifpError, *, final: bool) -> Done:
    """Return the answer a fault becomes."""
    status: StepStatus = "denied" if is_denied(fault) else "error"
    return Done(status, None, fault.code, str(fault), failure_facts(fault, final=final))


def stub(asked: HostCall) -> JsonValue:
    """Return an answer of the usual shape for a call that is not made."""
    match asked.function, asked.arguments.get("op"):
        case "http", _:
            return None if "pick" in asked.arguments else STUB_REPLY
        case "command", _:
            return {"exit": 0, "text": ""}
        case "file", "read":
            return ""
        case "file", "list":
            return []
        case "state", "test":
            return False
        case _:
            return None
