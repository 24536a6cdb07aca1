"""Runs of the user's own tools: opened by a call, driven here and now, one record for each."""

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from aifp.helpers.lifecycle.internal.tool_calls import Admitted, checked_arguments
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError, LimitExceeded, NotGranted
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.runs import CALLED_OFF, RunReport, ToolRequest
from aifp.schemas.words import EffectClass, RunMode, TriggerSource
from aifp.server.engine.driving.bodies import load_body
from aifp.server.engine.driving.closing import end_open_run
from aifp.server.engine.driving.endings import Ending, interrupted
from aifp.server.engine.driving.preparation import Kit
from aifp.server.engine.driving.rows import FINAL
from aifp.server.engine.driving.tool_drive import ToolDrive
from aifp.server.engine.host.faults import ToolFailed, Unrepeatable
from aifp.server.engine.host.inner import InnerCall
from aifp.server.engine.starting.openings import run_key

logger = logging.getLogger(__name__)

# D109: how many tools may call one another, each inside the one before.
DEEPEST = 8
# How many calls of code may be open at once, all together; each takes a process for itself.
MOST_INNER = 64
# What may be called again when nobody knows what became of it.
REPEATABLE: frozenset[EffectClass] = frozenset({"read_only", "idempotent"})
CLOSING = "the engine ended during the call"

Admit = Callable[[Ctx, str], Awaitable[Admitted]]


@dataclass(frozen=True, slots=True)
class Opening:
    """A call that becomes a run."""

    admitted: Admitted
    arguments: JsonMap
    key: str
    source: TriggerSource
    chain: tuple[str, ...]
    mode: RunMode = "live"
    parent: int | None = None


@dataclass(slots=True)
class Held:
    """One run in hand, and why it is to end before its time."""

    drive: ToolDrive
    work: asyncio.Task[Ending]
    of_client: bool
    ending: Ending | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)


class ToolRuns:
    """Calls tools for clients, and for code that runs (InnerCalls)."""

    def __init__(self, kit: Kit, admit: Admit, ended: Callable[[int], None]) -> None:
        self._kit, self._admit, self._ended = replace(kit, inner=self), admit, ended
        self._held: dict[int, Held] = {}
        self._cares: set[asyncio.Task[None]] = set()

    async def call_tool(self, request: ToolRequest) -> RunReport:
        """Call a tool for a client and report how it ended."""
        admitted = await self._admit(self._kit.ctx, request.name)
        opening = Opening(
            admitted,
            checked_arguments(admitted, request.input),
            run_key(request.name, f"call {secrets.token_hex(16)}"),
            "manual",
            (request.name,),
        )
        run_id, held = await self._begin(opening)
        try:
            await held.over.wait()
        except asyncio.CancelledError as ended:
            # Who only stops waiting lets the run go on.
            if CALLED_OFF in ended.args:
                await self.cancel(run_id, CALLED_OFF)
            raise
        return await self._report(run_id, admitted.notice)

    async def call(self, asked: InnerCall) -> JsonValue:
        """Call a tool for code that runs; a call that was begun before is looked up."""
        before = await self._kit.ctx.directives.one("run_of_step", step_key=asked.key)
        if before is not None and before["status"] in FINAL:
            if before["status"] != "interrupted":
                return await self._answer(before)
            await self._require_repeatable(asked, before)
        _require_shallow(asked)
        self._require_room(asked)
        admitted = await self._admit(self._kit.ctx, asked.name)
        opening = Opening(
            admitted,
            checked_arguments(admitted, asked.arguments),
            f"{asked.key}:{secrets.token_hex(4)}",
            "tool",
            (*asked.chain, asked.name),
            asked.mode,
            asked.run_id,
        )
        run_id, held = await self._begin(opening)
        try:
            await held.over.wait()
        except asyncio.CancelledError:
            # Without its caller nobody takes the result.
            await self._let_end(run_id, interrupted("the run that called it was ended"))
            raise
        row = await self._kit.ctx.directives.one("run_standing", id=run_id)
        return await self._answer(row or {})

    async def effect_of(self, name: str) -> EffectClass:
        """Return how dangerous a tool is; one that is not there is `unknown`."""
        row = await self._kit.ctx.directives.one("effect_of_tool", name=name)
        return row["effect_class"] if row else "unknown"  # pyright: ignore[reportReturnType]

    def holds(self, run_id: int) -> bool:
        """Say whether a run is in hand here."""
        return run_id in self._held

    async def cancel(self, run_id: int, reason: str, grace_s: float = 0.0) -> bool:
        """End a run: let it finish what is under way, then kill it. False if it had ended."""
        held, ending = self._held.get(run_id), Ending("cancelled", reason)
        if held is None:
            return False
        quiet = held.drive.stop(ending)
        if grace_s > 0:
            await self._kit.ctx.clock.wait(quiet, grace_s)
        return await self._let_end(run_id, ending)

    async def close(self) -> None:
        """End the calls of clients; what code has called ends together with that code."""
        calls = [run_id for run_id, held in self._held.items() if held.of_client]
        await asyncio.gather(*(self._let_end(run_id, interrupted(CLOSING)) for run_id in calls))
        await asyncio.gather(*self._cares)

    async def _begin(self, opening: Opening) -> tuple[int, Held]:
        """Open the run and set it going, both or neither."""
        begun = asyncio.ensure_future(self._open(opening))
        try:
            run_id = await asyncio.shield(begun)
        except asyncio.CancelledError:
            await end_open_run(self._kit.ctx, await begun, Ending("cancelled", CALLED_OFF))
            raise
        drive = ToolDrive(self._kit, run_id, opening.admitted.release, opening.chain)
        work = asyncio.ensure_future(drive.to_the_end())
        held = Held(drive, work, of_client=opening.parent is None)
        self._held[run_id] = held
        care = asyncio.ensure_future(self._care(run_id, held))
        self._cares.add(care)
        care.add_done_callback(self._cares.discard)
        return run_id, held

    async def _care(self, run_id: int, held: Held) -> None:
        """See a run to its end; whatever went wrong with driving it is written down."""
        try:
            await asyncio.wait({held.work})
            if held.work.cancelled():
                await end_open_run(self._kit.ctx, run_id, held.ending or interrupted(CLOSING))
            elif (fault := held.work.exception()) is not None:
                await self._broke(run_id, fault)
        finally:
            self._held.pop(run_id, None)
            held.over.set()
            self._ended(run_id)

    async def _broke(self, run_id: int, fault: BaseException) -> None:
        logger.error("driving run %s failed", run_id, exc_info=fault)
        reason = fault.code if isinstance(fault, AifpError) else "internal"
        ending = Ending("failure", reason, type(fault).__name__, str(fault)[:1000])
        await end_open_run(self._kit.ctx, run_id, ending)

    async def _let_end(self, run_id: int, ending: Ending) -> bool:
        """Kill a run and see it ended; False if it had come to an end of its own."""
        held = self._held.get(run_id)
        if held is None:
            return False
        held.ending = held.ending or ending
        held.work.cancel()
        await held.over.wait()
        return held.work.cancelled() or held.work.result() == ending

    async def _open(self, opening: Opening) -> int:
        ctx, release = self._kit.ctx, opening.admitted.release
        trigger: JsonMap = {"kind": "tool", "chain": [*opening.chain], "parent": opening.parent}
        async with ctx.directives.write() as w:
            row = await w.one(
                "open_tool_run",
                mode=opening.mode,
                artifact_id=release.artifact_id,
                artifact_version_id=release.artifact_version_id,
                approval_id=release.approval_id,
                release_sha256=release.release_sha256,
                trigger_source=opening.source,
                trigger_json=json.dumps(trigger),
                idempotency_key=opening.key,
                now=to_text(ctx.clock.now()),
                input_json=json.dumps({"input": opening.arguments}),
                random_seed=secrets.token_hex(16),
            )
        return int(row["id"] or 0) if row else 0

    def _require_room(self, asked: InnerCall) -> None:
        if sum(not held.of_client for held in self._held.values()) >= MOST_INNER:
            raise LimitExceeded(
                f"{MOST_INNER} tools are being called by code at this moment; {asked.name} is not "
                "called as well. Try again later."
            )

    async def _require_repeatable(self, asked: InnerCall, before: Row) -> None:
        effect = await self.effect_of(asked.name)
        if effect not in REPEATABLE:
            raise Unrepeatable(
                f"The tool {asked.name} was called in run {before['id']}, which was cut off; "
                f"nobody knows what it has done, and doing it twice could do harm ({effect})."
            )

    async def _answer(self, row: Row) -> JsonValue:
        """Return the result of an ended run, or raise how it failed."""
        if row.get("status") == "success":
            return await self._result(row)
        told = row.get("error_message") or row.get("reason") or "it has no end"
        raise ToolFailed(f"Run {row.get('id')} of the tool ended {row.get('status')}: {told}")

    async def _result(self, row: Row) -> JsonValue:
        if row["output_summary"] is None:
            return None
        return await load_body(self._kit.ctx.files, row["output_summary"], row["output_sha256"])

    async def _report(self, run_id: int, notice: str | None) -> RunReport:
        row = await self._kit.ctx.directives.one("run_standing", id=run_id) or {}
        return RunReport.model_validate(
            {
                "success": row["status"] == "success",
                "run_id": run_id,
                "status": row["status"],
                "reason": row["reason"],
                "result": await self._result(row),
                "error": row["error_message"],
                "notice": notice,
            }
        )


def _require_shallow(asked: InnerCall) -> None:
    """Refuse tools that call one another in a circle, or too deep inside one another."""
    if asked.name in asked.chain:
        way = " calls ".join((*asked.chain, asked.name))
        raise NotGranted(f"Tools may not call one another in a circle: {way}.")
    if len(asked.chain) >= DEEPEST:
        raise LimitExceeded(f"At most {DEEPEST} tools may call one another, each inside another.")
