"""The one place every tool call goes through, whatever door it came by."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aifp.helpers.contract import guarded
from aifp.schemas.catalog import HelperEntry, Intent
from aifp.schemas.common import Record
from aifp.schemas.errors import Conflict
from aifp.schemas.ports import Ctx
from aifp.schemas.words import Actor
from aifp.server.catalog.arguments import WrongArguments, check
from aifp.server.catalog.load import Loader, load_tool
from aifp.server.mcp.results import Answer, answer_of, wrong_arguments, wrong_values
from aifp.server.mcp.search import ToolIndex
from aifp.server.mcp.user_tools import UserTools, call_own
from aifp.server.mcp.view import OWN

logger = logging.getLogger(__name__)
# The tool it calls is run and looked after like any other.
PASSES_ON = "call_tool"
audit_logger = logging.getLogger("aifp.audit")


class AuditLine(Record):
    """Who called what, and how it ended; never the arguments."""

    tool: str
    actor: Actor
    outcome: str
    duration_ms: int


Audit = Callable[[AuditLine], None]


def log_audit(line: AuditLine) -> None:
    """Write an audit line to the log `aifp.audit`."""
    audit_logger.info("%s", line.model_dump_json())


class Registry:
    """The catalog's tools by name: find, search and call them."""

    def __init__(
        self,
        entries: Sequence[HelperEntry],
        loader: Loader = load_tool,
        audit: Audit = log_audit,
        *,
        intents: Mapping[str, Intent] | None = None,
    ) -> None:
        self._loader = loader
        self._audit = audit
        # Told after every call that may have changed something; the answer waits for none of them.
        self.on_written: list[Callable[[], None]] = []
        # The user's own tools, once there is a project to ask.
        self.own: UserTools | None = None
        self._entries = _by_name(entries)
        self._intents = intents
        self._index = self._whole_index = ToolIndex(entries, intents)
        self._indexed: list[HelperEntry] = []

    @property
    def entries(self) -> list[HelperEntry]:
        """Return every tool, in the order of the catalog."""
        return list(self._entries.values())

    def find(self, name: str) -> HelperEntry | None:
        """Return the entry of a tool of the catalog."""
        return self._entries.get(name)

    async def look_up(self, name: str) -> HelperEntry | None:
        """Return the entry of a tool, also of one of the user's own."""
        entry = self._entries.get(name)
        if entry is None and self.own is not None:
            return (await self.own.entries()).get(name)
        return entry

    def seen(self, name: str) -> HelperEntry | None:
        """Return the entry of a tool; of the user's own as they were at the last look."""
        return self._entries.get(name) or (self.own.known.get(name) if self.own else None)

    async def search_all(self, query: str, limit: int) -> list[HelperEntry]:
        """Return fitting tools, also of the user's own, best first."""
        if self.own is None:
            return self.search(query, limit)
        await self.own.entries()
        shown = self.own.shown()
        if shown != self._indexed:
            self._indexed = shown
            self._whole_index = ToolIndex([*self.entries, *shown], self._intents)
        return self._whole_index.search(query, limit)

    def search(self, query: str, limit: int) -> list[HelperEntry]:
        """Return fitting tools, best first."""
        return self._index.search(query, limit)

    async def run(self, ctx: Ctx, entry: HelperEntry, arguments: Mapping[str, Any]) -> Answer:
        """Check the arguments, call the helper, note who called and how it ended."""
        started, outcome = ctx.clock.monotonic(), "interrupted"
        try:
            result = await guarded(entry.name, self._work(ctx, entry, arguments))
            answer = result if isinstance(result, Answer) else answer_of(result)
            outcome = _outcome(answer)
            if entry.effect != "reads" and entry.name != PASSES_ON:
                for hear in self.on_written:
                    hear()
            return answer
        finally:
            spent = round((ctx.clock.monotonic() - started) * 1000)
            self._audit(
                AuditLine(tool=entry.name, actor=ctx.actor, outcome=outcome, duration_ms=spent)
            )

    async def _work(self, ctx: Ctx, entry: HelperEntry, arguments: Mapping[str, Any]) -> Answer:
        if entry.group == OWN:
            return await call_own(ctx, entry, dict(arguments))
        function = self._loader(entry)
        try:
            checked = check(function, arguments)
        except WrongArguments as wrong:
            _log_faults(entry, wrong)
            if wrong.only_values():
                return wrong_values(entry, wrong.faults)
            return wrong_arguments(wrong.faults)
        return answer_of(await function(ctx, **checked))


def _by_name(entries: Sequence[HelperEntry]) -> dict[str, HelperEntry]:
    taken: dict[str, HelperEntry] = {}
    for entry in entries:
        if entry.name in taken:
            raise Conflict(f"There is already a tool named {entry.name}.")
        taken[entry.name] = entry
    return taken


def _log_faults(entry: HelperEntry, wrong: WrongArguments) -> None:
    """Name parameters and allowed values; what was given may be a secret."""
    for fault in wrong.faults:
        allowed = f", allowed: {fault.allowed}" if fault.allowed else ""
        logger.warning("%s: wrong argument %s (%s)%s", entry.name, fault.path, fault.kind, allowed)


def _outcome(answer: Answer) -> str:
    if not answer.is_error:
        return "ok"
    return str(answer.data.get("error_code", "refused"))
