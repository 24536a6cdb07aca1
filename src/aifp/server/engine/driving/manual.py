"""Runs asked for by hand: live ones through the runner, dry ones played here and now."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.inputs import checked_inputs
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import (
    ApprovalRequired,
    DependencyMissing,
    InvalidArgument,
    InvalidTransition,
    NoSuch,
    Unavailable,
)
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Release
from aifp.schemas.runs import CALLED_OFF, RunReport, RunRequest
from aifp.schemas.words import RunMode
from aifp.server.engine.driving.bodies import load_body
from aifp.server.engine.driving.closing import end_open_run
from aifp.server.engine.driving.dry_run import DryRun
from aifp.server.engine.driving.endings import interrupted
from aifp.server.engine.driving.preparation import Kit
from aifp.server.engine.driving.runner import AsyncRunner
from aifp.server.engine.starting.openings import run_key

# D55: what may be run live by hand.
RUNNABLE = frozenset({"implemented", "active", "paused", "error"})

# The approved release, refused by an error; and the present one, approved or not.
Gate = Callable[[Ctx, int], Awaitable[Release]]


@dataclass(frozen=True, slots=True)
class Doors:
    """How a directive becomes a release."""

    approved: Gate
    present: Gate


class ManualRuns:
    """Starts runs by hand and reports how they ended."""

    def __init__(self, kit: Kit, runner: AsyncRunner, doors: Doors) -> None:
        self._kit, self._runner, self._doors = kit, runner, doors

    async def run_now(self, request: RunRequest) -> RunReport:
        """Run a directive live, or play it dry, and report how it ended."""
        directive = await self._directive(request.directive_id)
        if request.dry_run:
            return await self._dry(request, directive)
        if request.at is not None:
            raise InvalidArgument("`at` sets the clock of a dry run only.")
        return await self._live(request, directive)

    async def _directive(self, directive_id: int) -> Row:
        row = await self._kit.ctx.directives.one("directive_to_run", directive_id=directive_id)
        if row is None:
            raise NoSuch(f"There is no directive {directive_id}.")
        return row

    async def _live(self, request: RunRequest, directive: Row) -> RunReport:
        if directive["status"] not in RUNNABLE:
            raise InvalidTransition(
                f"{directive['name']} is {directive['status']}; only an implemented directive "
                "can be run."
            )
        release = await self._doors.approved(self._kit.ctx, request.directive_id)
        given = checked_inputs(release.directive.input, request.input)
        begun = asyncio.ensure_future(self._begin(directive, given))
        try:
            run_id = await asyncio.shield(begun)
            await self._runner.wait_for(run_id)
        except asyncio.CancelledError as ended:
            # Who only stops waiting lets the run go on.
            if CALLED_OFF in ended.args:
                await self._runner.cancel(await begun, CALLED_OFF)
            raise
        return await self._report(run_id)

    async def _begin(self, directive: Row, given: JsonMap) -> int:
        run_id = await self._open(directive, given, "live")
        self._runner.submit(run_id, int(directive["priority"] or 0), f"run {run_id}")
        return run_id

    async def _dry(self, request: RunRequest, directive: Row) -> RunReport:
        release, approved = await self._release(request)
        given = checked_inputs(release.directive.input, request.input)
        begun = asyncio.ensure_future(self._open(directive, given, "dry_run"))
        try:
            run_id = await asyncio.shield(begun)
        except asyncio.CancelledError:
            cut_off = interrupted("the dry run was cut off")
            await end_open_run(self._kit.ctx, await begun, cut_off)
            raise
        return await DryRun(self._kit, release, reads=approved).play(run_id, request.at)

    async def _release(self, request: RunRequest) -> tuple[Release, bool]:
        """Return the release and whether it may read; unapproved code gets stubs only."""
        ctx, directive_id = self._kit.ctx, request.directive_id
        if not request.stubs_only:
            try:
                return await self._doors.approved(ctx, directive_id), True
            except (ApprovalRequired, DependencyMissing, Unavailable):
                pass
        return await self._doors.present(ctx, directive_id), False

    async def _open(self, directive: Row, given: JsonMap, mode: RunMode) -> int:
        ctx = self._kit.ctx
        now: datetime = ctx.clock.now()
        event = f"manual {secrets.token_hex(16)}"
        async with ctx.directives.write() as w:
            row = await w.one(
                "open_manual_run",
                mode=mode,
                directive_id=directive["id"],
                priority=directive["priority"],
                trigger_json=json.dumps({"kind": "manual"}),
                idempotency_key=run_key(str(directive["name"]), event),
                now=to_text(now),
                input_json=json.dumps({"input": given}),
                random_seed=secrets.token_hex(16),
            )
        return int(row["id"] or 0) if row else 0

    async def _report(self, run_id: int) -> RunReport:
        ctx = self._kit.ctx
        row = await ctx.directives.one("run_standing", id=run_id)
        if row is None:
            raise NoSuch(f"Run {run_id} is gone.")
        return RunReport.model_validate(
            {
                "success": row["status"] == "success",
                "run_id": run_id,
                "status": row["status"],
                "reason": row["reason"],
                "result": await _result(ctx, row),
                "error": row["error_message"],
            }
        )


async def _result(ctx: Ctx, row: Row) -> JsonValue:
    if row["output_summary"] is None:
        return None
    return await load_body(ctx.files, row["output_summary"], row["output_sha256"])
