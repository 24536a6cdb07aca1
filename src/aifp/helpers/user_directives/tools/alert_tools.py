"""See what needs a person's eye, and note that it was seen."""

from typing import Annotated, Literal

from pydantic import Field

from aifp.helpers.contract import reads, writes
from aifp.helpers.user_directives.internal.monitor_report import alert_of
from aifp.helpers.user_directives.internal.paging import total_of
from aifp.schemas.alerts import Alert
from aifp.schemas.common import Listed, Record
from aifp.schemas.errors import NoSuch
from aifp.schemas.ports import Ctx
from aifp.schemas.words import AlertSeverity, AlertState


class Acknowledged(Record):
    """The alert was seen."""

    success: Literal[True] = True
    state: AlertState


@reads(toolset="core")
async def get_alerts(
    ctx: Ctx,
    state: AlertState = "open",
    severity: AlertSeverity | None = None,
    limit: Annotated[int, Field(ge=1, le=500)] = 50,
) -> Listed[Alert]:
    """List alerts, the worst and newest first."""
    rows = await ctx.directives.all("alerts_by_state", state=state, severity=severity, limit=limit)
    count = await ctx.directives.one("count_of_alerts", state=state, severity=severity)
    return Listed(result=[alert_of(row) for row in rows], total=total_of(count))


@writes(toolset="core", repeatable=True)
async def acknowledge_alert(ctx: Ctx, alert_id: int) -> Acknowledged:
    """Note that an open alert was seen; it closes by itself when its cause is gone."""
    async with ctx.directives.write() as db:
        await db.run("acknowledge_alert", id=alert_id)
        row = await db.one("alert_by_id", id=alert_id)
    if row is None:
        raise NoSuch(f"There is no alert {alert_id}.")
    return Acknowledged.model_validate({"state": row["state"]})
