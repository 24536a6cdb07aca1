"""Where every directive stands, and how the last hours went."""

import json
from datetime import timedelta

from aifp.helpers.user_directives.internal.statistics import share
from aifp.schemas.alerts import Alert
from aifp.schemas.errors import AifpError
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.reports import DirectiveLine, LateStart, MonitorReport, StatusReport
from aifp.schemas.runs import DueTime, EngineStatus, ExecutionRecord

# What comes next for a directive that does not fire yet.
PHASES = {
    "draft": "answer the open questions (user_directive_validate)",
    "validated": "implement (user_directive_implement)",
    "active": "fires",
    "paused": "paused",
    "error": "stopped after failures; mend and activate again",
    "archived": "archived",
}


async def status_report(ctx: Ctx, name: str | None) -> StatusReport:
    """Build the report; what cannot be read is left out with a note."""
    rows = await ctx.directives.all("status_lines", name=name)
    lines = [await _line(ctx, row) for row in rows]
    counts: dict[str, int] = {}
    for line in lines:
        counts[line.status] = counts.get(line.status, 0) + 1
    engine, note = await _engine(ctx)
    folders = [str(row["log_directory"]) for row in await ctx.directives.all("log_folders")]
    return StatusReport(
        message=_message(counts, name),
        counts=counts,
        directives=lines,
        engine=engine,
        logs=folders,
        note=note,
    )


def _message(counts: dict[str, int], name: str | None) -> str:
    if not counts:
        return f"There is no directive {name!r}." if name else "There are no directives yet."
    return ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))


async def _engine(ctx: Ctx) -> tuple[EngineStatus | None, str | None]:
    try:
        return await ctx.engine.status(), None
    except AifpError as fault:
        return None, f"The engine does not answer: {fault}"


async def _line(ctx: Ctx, row: Row) -> DirectiveLine:
    last = await ctx.directives.one("outcome_of_run", id=row["last_run_id"])
    success, failed = int(str(row["success"])), int(str(row["failed"]))
    return DirectiveLine.model_validate(
        {
            "id": row["id"],
            "name": row["name"],
            "status": row["status"],
            "phase": _phase(row),
            "pause_cause": row["pause_cause"],
            "next_due_at": row["next_due_at"] if row["status"] == "active" else None,
            "total_executions": success + failed,
            "success_rate": share(success, success + failed, 2),
            "last_run": last["at"] if last else None,
            "last_outcome": last["status"] if last else None,
            "last_error": row["last_error"],
        }
    )


def _phase(row: Row) -> str:
    if row["status"] == "implemented":
        approved = bool(row["approved"])
        return "activate (user_directive_activate)" if approved else "approve"
    return PHASES[str(row["status"])]


async def monitor_report(ctx: Ctx, name: str | None, hours: float) -> MonitorReport:
    """Build the report over the last hours."""
    since = to_text(ctx.clock.now() - timedelta(hours=hours))
    db = ctx.directives
    outcomes = await db.all("outcomes_since", since=since, name=name)
    late = await db.all("late_starts_since", since=since, name=name)
    failures = await db.all("failures_since", since=since, name=name)
    alerts = await db.all("alerts_about", name=name)
    due = await db.all("next_due_lines", name=name)
    files = await db.all("log_files_since", since=since, name=name)
    return MonitorReport(
        period=f"{hours:g} hours",
        outcomes={str(row["status"]): int(str(row["runs"])) for row in outcomes},
        late_starts=[LateStart.model_validate(dict(row)) for row in late],
        failures=[ExecutionRecord.model_validate(dict(row)) for row in failures],
        alerts=[alert_of(row) for row in alerts],
        next_due=[DueTime.model_validate(dict(row)) for row in due],
        log_files=[str(row["log_file"]) for row in files],
    )


def alert_of(row: Row) -> Alert:
    """Return an alert as the tools list it."""
    kept = {key: value for key, value in row.items() if key != "stats_json"}
    return Alert.model_validate({**kept, "stats": json.loads(str(row["stats_json"]))})
