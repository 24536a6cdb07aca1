"""Draw the consequences of how a deployment does: note it, warn, roll back once, or stop it."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aifp.helpers.lifecycle.internal.artifact_rows import subject_of_part
from aifp.helpers.lifecycle.internal.health import Measured, is_over, measure
from aifp.helpers.lifecycle.internal.stopping import stop_artifact
from aifp.helpers.shared.alerts import raise_alert, resolve_alerts
from aifp.schemas.alerts import NewAlert
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row, Writer

logger = logging.getLogger(__name__)

FLAGGED, ROLLED_BACK, STUCK = "deployment_flagged", "rolled_back", "rollback_impossible"

# Goes back to the approved release before the one in force, for a cause; returns the id of the
# version that runs now. Raises ApprovalRequired and the like where a person must decide.
GoBack = Callable[[Ctx, int, str], Awaitable[int]]
# Tries a version out once; None when all went well, else what did not.
TryOut = Callable[[Ctx, int], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Means:
    """How a deployment is taken back, and how what runs then is tried out."""

    go_back: GoBack
    try_out: TryOut


async def check_deployment(ctx: Ctx, deployment: Row, means: Means) -> Measured:
    """Look at a deployment that is watched, and do what follows."""
    made, now = await measure(ctx, deployment), ctx.clock.now()
    judgement = made.judgement
    last = await ctx.directives.one("newest_health_check", deployment_id=deployment["id"])
    news = last is None or _said(last) != (judgement.verdict, judgement.severity, judgement.cause)
    over = is_over(deployment, len(made.since.runs), now)
    # Done before it is noted: what a crash cuts off here is done at the next look.
    if judgement.verdict == "rollback" and (last is None or last["verdict"] != "rollback"):
        await _take_back(ctx, deployment, made, means)
    if not news and not over:
        return made
    async with ctx.directives.write() as db:
        await _note(db, deployment, made, now)
        if judgement.verdict == "flag":
            await raise_alert(db, now, subject_of_part(deployment), _flagged(deployment, made))
        if over:
            await db.run("end_watch", id=deployment["id"])
        if over and judgement.verdict == "keep":
            await resolve_alerts(db, now, subject_of_part(deployment), FLAGGED)
    return made


async def _take_back(ctx: Ctx, deployment: Row, made: Measured, means: Means) -> None:
    """Roll back, once in a window; a second time the artifact is stopped instead."""
    cause = str(made.judgement.cause)
    hours = timedelta(hours=int(str(deployment["window_hours"])))
    since = to_text(ctx.clock.now() - hours)
    tool = int(str(deployment["artifact_id"]))
    if await ctx.directives.one("rolled_back_lately", artifact_id=tool, since=since):
        why = f"{cause} right after an automatic rollback"
        await stop_artifact(ctx, deployment, why, _numbers(made))
        return
    try:
        version_id = await means.go_back(ctx, tool, cause)
    except AifpError as refusal:
        logger.warning("%s could not be rolled back: %s", deployment["name"], refusal)
        await _tell(ctx, deployment, _stuck(deployment, made, refusal))
        return
    await _tell(ctx, deployment, _rolled_back(deployment, made))
    if fault := await means.try_out(ctx, version_id):
        why = f"what it was rolled back to does not work either: {fault}"
        await stop_artifact(ctx, deployment, why, _numbers(made))


async def _note(db: Writer, deployment: Row, made: Measured, now: datetime) -> None:
    before, since, judgement = made.before.side(), made.since.side(), made.judgement
    await db.run(
        "add_health_check",
        deployment_id=deployment["id"],
        at=to_text(now),
        baseline_runs=before.runs,
        baseline_success_rate=None if before.rate is None else float(before.rate),
        baseline_avg_ms=before.mean_ms,
        current_runs=since.runs,
        current_success_rate=None if since.rate is None else float(since.rate),
        current_avg_ms=since.mean_ms,
        success_drop=judgement.success_drop,
        duration_change=judgement.duration_change,
        severity=judgement.severity,
        verdict=judgement.verdict,
        cause=judgement.cause,
    )


async def _tell(ctx: Ctx, deployment: Row, alert: NewAlert) -> None:
    """Raise an alert in place of an older one: each deployment has its own numbers."""
    now, subject = ctx.clock.now(), subject_of_part(deployment)
    async with ctx.directives.write() as db:
        await resolve_alerts(db, now, subject, alert.code)
        await raise_alert(db, now, subject, alert)


def _said(row: Row) -> tuple[str, str, str | None]:
    cause = None if row["cause"] is None else str(row["cause"])
    return str(row["verdict"]), str(row["severity"]), cause


def _numbers(made: Measured) -> JsonMap:
    before, since = made.before.side(), made.since.side()
    return {
        "cause": made.judgement.cause,
        "severity": made.judgement.severity,
        "runs_before": before.runs,
        "rate_before": None if before.rate is None else float(before.rate),
        "runs_since": since.runs,
        "rate_since": None if since.rate is None else float(since.rate),
    }


def _rolled_back(deployment: Row, made: Measured) -> NewAlert:
    name, number = deployment["name"], deployment["version_number"]
    return NewAlert(
        severity="warning",
        code=ROLLED_BACK,
        message=f"Version {number} of {name} was rolled back by itself: {made.judgement.cause}.",
        suggestion=f'See what went wrong with get_deployment_health("{name}"), then mend the code.',
        stats={**_numbers(made), "version_number": int(str(number))},
    )


def _flagged(deployment: Row, made: Measured) -> NewAlert:
    name = deployment["name"]
    return NewAlert(
        severity="warning",
        code=FLAGGED,
        message=f"Version {deployment['version_number']} of {name}: {made.judgement.cause}.",
        suggestion=f'Nothing was changed. See get_deployment_health("{name}").',
        stats=_numbers(made),
    )


def _stuck(deployment: Row, made: Measured, refusal: AifpError) -> NewAlert:
    name = deployment["name"]
    return NewAlert(
        severity="critical",
        code=STUCK,
        message=f"{name} fails ({made.judgement.cause}) and cannot go back by itself: {refusal}",
        suggestion=f'Decide yourself: rollback_to_version("{name}", ...), or mend the code.',
        stats=_numbers(made),
    )
