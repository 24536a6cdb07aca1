"""Look at runs, their attempts and their steps, and end one."""

import json
import logging
from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue

from aifp.helpers.contract import destroys, reads, writes
from aifp.helpers.shared.zones import project_zone
from aifp.helpers.user_directives.internal.external_runs import record_run
from aifp.helpers.user_directives.internal.paging import MOST, total_of
from aifp.helpers.user_directives.internal.since import instant_since, require_moment
from aifp.helpers.user_directives.internal.statistics import stats_of
from aifp.helpers.user_directives.internal.trends import trends_of
from aifp.schemas.common import Listed, NotFound, Record
from aifp.schemas.errors import NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row, SqlValue
from aifp.schemas.runs import (
    Attempt,
    ExecutionRecord,
    ReportedRun,
    ReportedStatus,
    RunDetails,
    RunRecorded,
    Step,
)
from aifp.schemas.statistics import ExecutionStats, ExecutionTrends
from aifp.schemas.words import RunStatus

Page = Annotated[int, Field(ge=1, le=500)]
Since = Annotated[
    str | None,
    AfterValidator(require_moment),
    Field(description="ISO date or date-time; a date begins in the project's zone"),
]

logger = logging.getLogger(__name__)


class RunEnded(Record):
    """A run was asked to end."""

    success: bool
    status: RunStatus


@reads
async def get_execution_stats(ctx: Ctx, directive_id: int) -> ExecutionStats | NotFound:
    """Get how often one directive ran and how well: totals, success rate, average duration."""
    return await stats_of(ctx.directives, directive_id)


@reads
async def get_recent_executions(
    ctx: Ctx, directive_id: int | None = None, limit: int = 50
) -> Listed[ExecutionRecord]:
    """List the newest runs of all outcomes, skipped and missed ones with their reason."""
    taken, warnings = _within_limits(limit)
    rows = await ctx.directives.all("recent_runs", directive_id=directive_id, limit=taken)
    count = await ctx.directives.one("count_of_recent_runs", directive_id=directive_id)
    found = [_record(row) for row in rows]
    return Listed(result=found, total=total_of(count), warnings=warnings)


def _within_limits(limit: int) -> tuple[int, list[str]]:
    taken = min(max(limit, 1), MOST)
    if taken == limit:
        return taken, []
    warning = f"limit {limit} is outside 1 to {MOST}; {taken} was taken"
    logger.warning("get_recent_executions: %s", warning)
    return taken, [warning]


def _record(row: Row) -> ExecutionRecord:
    return ExecutionRecord.model_validate(dict(row))


@reads
async def get_failed_executions(
    ctx: Ctx, directive_id: int | None = None, since_date: Since = None
) -> Listed[ExecutionRecord]:
    """List the runs that failed or took too long, newest first, since a date if given."""
    zone = await project_zone(ctx.project)
    since = to_text(instant_since(since_date, zone)) if since_date else ""
    which: dict[str, SqlValue] = {"directive_id": directive_id, "since": since}
    rows = await ctx.directives.all("failed_runs", **which, limit=MOST)
    count = await ctx.directives.one("count_of_failed_runs", **which)
    return Listed(result=[_record(row) for row in rows], total=total_of(count))


@reads
async def get_execution_trends(
    ctx: Ctx, days: Annotated[int, Field(ge=1, le=365)] = 7
) -> ExecutionTrends:
    """Report the last days one by one: runs, success rate, duration, and who ran most."""
    return await trends_of(ctx, days)


@writes
async def record_execution(
    ctx: Ctx,
    directive_id: int,
    status: ReportedStatus,
    duration_ms: Annotated[int | None, Field(ge=0, le=10**12)] = None,
    error_message: str | None = None,
) -> RunRecorded:
    """Note a run of a directive that happened outside the engine; it counts in the statistics."""
    run = ReportedRun(status=status, duration_ms=duration_ms, error_message=error_message)
    return RunRecorded(execution_id=await record_run(ctx, directive_id, run))


@reads
async def get_run(ctx: Ctx, run_id: int) -> RunDetails | NotFound:
    """Get one run with its attempts."""
    row = await ctx.directives.one("run_by_id", run_id=run_id)
    if row is None:
        return NotFound()
    tries = await ctx.directives.all("attempts_of_run", run_id=run_id)
    outside = ("kind", "mode", "wake_at")
    record = {key: value for key, value in row.items() if key not in outside}
    return RunDetails.model_validate(
        {"run": record, "attempts": [Attempt.model_validate(dict(a)) for a in tries]}
        | {key: row[key] for key in outside}
    )


@reads
async def get_run_trace(
    ctx: Ctx,
    run_id: int,
    attempt: int | None = None,
    offset: Annotated[int, Field(ge=0)] = 0,
    limit: Page = 100,
) -> Listed[Step]:
    """List the steps of one run: each host call with its arguments, result and key."""
    which: dict[str, SqlValue] = {"run_id": run_id, "attempt": attempt}
    rows = await ctx.directives.all("steps_of_run", **which, offset=offset, limit=limit)
    count = await ctx.directives.one("count_of_steps", **which)
    steps = [_step(dict(row)) for row in rows]
    return Listed(result=steps, total=total_of(count), before=offset)


def _step(row: dict[str, SqlValue]) -> Step:
    error = row.pop("error_message")
    arguments, result = row.pop("arguments_json"), row.pop("result_json")
    return Step.model_validate(
        {**row, "arguments": _json(arguments), "result": error or _json(result)}
    )


def _json(text: SqlValue) -> JsonValue:
    return json.loads(str(text)) if text is not None else None


@destroys
async def cancel_run(ctx: Ctx, run_id: int, reason: str | None = None) -> RunEnded:
    """End one open run; it gets 10 seconds before it is killed."""
    row = await ctx.directives.one("run_by_id", run_id=run_id)
    if row is None:
        raise NoSuch(f"There is no run {run_id}.")
    ended = await ctx.engine.cancel([run_id], reason or "cancelled by the assistant")
    now = await ctx.directives.one("run_by_id", run_id=run_id)
    return RunEnded.model_validate({"success": ended > 0, "status": (now or row)["status"]})
