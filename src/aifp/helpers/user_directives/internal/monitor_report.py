"""How the last hours went."""

import json
from datetime import timedelta

from aifp.helpers.user_directives.internal.directive_rows import id_of
from aifp.helpers.user_directives.internal.workflow import Workflow
from aifp.schemas.alerts import Alert
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.reports import LateStart, MonitorReport
from aifp.schemas.runs import DueTime, ExecutionRecord


async def monitor_report(ctx: Ctx, name: str | None, hours: float) -> MonitorReport:
    """Build the report over the last hours."""
    async with Workflow(ctx, "user_directive_monitor") as steps:
        if name is not None:
            await steps.do("find_directive", id_of, ctx, name)
        return await steps.do("read_record", _record, ctx, name, hours)


async def _record(ctx: Ctx, name: str | None, hours: float) -> MonitorReport:
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
