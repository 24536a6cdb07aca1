"""End a run: its attempt, its row, its memory and the day's totals, in one transaction."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from aifp.helpers.shared.zones import project_zone
from aifp.helpers.user_directives.internal.rollups import TIMED, Counted, add_to_rollups
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Ctx, Files, Writer
from aifp.schemas.words import RunMode
from aifp.server.engine.driving.bodies import Body, note_body
from aifp.server.engine.driving.endings import Ending
from aifp.server.engine.driving.journal import Fenced, Journal
from aifp.server.engine.driving.rows import FINAL, RunRow

SUMMARY_CHARACTERS = 1024


@dataclass(frozen=True, slots=True)
class OpenRun:
    """What closing needs to know of the run it ends."""

    id: int
    epoch: int
    mode: RunMode
    directive_id: int | None
    started_at: str | None
    working_ms: int = 0
    is_notice: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """The result of a run as it is kept."""

    summary: str | None = None
    body: Body | None = None


async def keep_output(files: Files, result: JsonValue) -> Output:
    """Keep the result: a summary in the row, the whole in the object store if it is longer."""
    if result is None:
        return Output()
    text = json.dumps(result, ensure_ascii=False)
    if len(text) <= SUMMARY_CHARACTERS:
        return Output(text)
    data = text.encode("utf-8", "surrogatepass")
    return Output(
        text[:SUMMARY_CHARACTERS], Body(json=None, sha256=await files.keep(data), size=len(data))
    )


async def close_run(
    w: Writer, run: OpenRun, ending: Ending, output: Output, now: datetime, zone: ZoneInfo
) -> int:
    """End an open run and count it; raises Fenced when it is not ours to end."""
    duration = elapsed_ms(run.started_at, now)
    if output.body:
        await note_body(w, output.body, now)
    touched = await w.run(
        "close_run",
        id=run.id,
        epoch=run.epoch,
        status=ending.status,
        reason=ending.reason,
        now=to_text(now),
        duration_ms=duration,
        working_ms=run.working_ms,
        error_type=ending.error_type,
        error_message=ending.error,
        output_summary=output.summary,
        output_sha256=output.body.sha256 if output.body else None,
        cpu_ms=ending.cpu_ms,
        memory_peak_mb=ending.memory_peak_mb,
    )
    if touched < 1:
        raise Fenced
    if not run.is_notice:
        # Steps that tell of a failure do not count as runs of the directive.
        counted = Counted(run.directive_id, run.mode, ending.status, now, duration)
        await _count(w, run.id, counted, zone)
    return duration or 0


async def _count(w: Writer, run_id: int, counted: Counted, zone: ZoneInfo) -> None:
    """Count a run in its day, and in the deployment of the code it ran."""
    code = await w.one("artifact_of_run", id=run_id)
    if code is None:
        await add_to_rollups(w, counted, zone)
        return
    artifact_id = int(str(code["artifact_id"]))
    await add_to_rollups(w, replace(counted, artifact_id=artifact_id), zone)
    if counted.mode == "live" and counted.status in TIMED:
        await w.run(
            "count_deployed_run",
            artifact_id=artifact_id,
            version_id=code["artifact_version_id"],
            success=int(counted.status == "success"),
            failure=int(counted.status != "success"),
        )


def elapsed_ms(since: str | None, now: datetime) -> int | None:
    """Return the time since an instant, never less than nothing."""
    if since is None:
        return None
    return max(0, round((now - from_text(since)).total_seconds() * 1000))


async def end_open_run(ctx: Ctx, run_id: int, ending: Ending) -> bool:
    """End a run that nobody drives (any more); its old driver can write nothing from now on."""
    row = await ctx.directives.one("run_to_drive", id=run_id)
    if row is None or str(row["status"]) in FINAL:
        return False
    run = RunRow.of(row)
    zone, now = await project_zone(ctx.project), ctx.clock.now()
    journal = Journal(ctx, run.id, run.epoch, run.attempts)
    open_run = OpenRun(
        run.id,
        run.epoch,
        run.mode,
        run.directive_id,
        run.started_at,
        run.working_ms,
        run.is_notice,
    )
    async with ctx.directives.write() as w:
        if run.attempts:
            await journal.abandoned_attempt(w, ending)
        await close_run(w, open_run, ending, Output(), now, zone)
    return True
