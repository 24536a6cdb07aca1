"""Measure a deployment by its runs: which of them count, and what they say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from aifp.helpers.lifecycle.internal.outages import runs_in_outages
from aifp.helpers.lifecycle.internal.stored_reports import reports_of
from aifp.helpers.lifecycle.internal.verdicts import (
    Bounds,
    Judgement,
    RecentRun,
    Side,
    fast_path,
    judge,
)
from aifp.schemas.health import (
    DeploymentFacts,
    DeploymentHealth,
    HealthNote,
    HealthWindow,
    SideHealth,
)
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.words import HealthSeverity

# However rarely it runs, a deployment is watched no longer than this.
LONGEST = timedelta(days=14)
TESTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Ran:
    """The runs of one side: those that count, newest first, and how many do not."""

    runs: Sequence[Row] = ()
    not_counted: int = 0

    def side(self) -> Side:
        """Add them up."""
        times = [
            int(str(row["duration_ms"])) for row in self.runs if row["duration_ms"] is not None
        ]
        return Side(
            runs=len(self.runs),
            successes=sum(row["status"] == "success" for row in self.runs),
            mean_ms=sum(times) / len(times) if times else None,
        )

    def recent(self) -> list[RecentRun]:
        """Return how each ended."""
        return [_recent(row) for row in self.runs]


@dataclass(frozen=True, slots=True)
class Measured:
    """Both sides of one deployment, and the verdict about it."""

    before: Ran
    since: Ran
    judgement: Judgement


async def measure(ctx: Ctx, deployment: Row) -> Measured:
    """Look at the runs since a deployment, and at those of the version before it."""
    deployed = from_text(str(deployment["deployed_at"]))
    since = await _ran(ctx, deployment, deployment["version_id"], deployed)
    before = Ran()
    if deployment["before_version_id"] is not None:
        first = deployed - timedelta(days=int(str(deployment["baseline_days"])))
        before = await _ran(ctx, deployment, deployment["before_version_id"], first, deployed)
    return Measured(before, since, _judged(deployment, before, since))


def closes_after(deployment: Row) -> datetime:
    """Return when the window may close, if it has run enough by then."""
    hours = timedelta(hours=int(str(deployment["window_hours"])))
    return from_text(str(deployment["deployed_at"])) + hours


def closes_at_last(deployment: Row) -> datetime:
    """Return when the window closes in any case."""
    return from_text(str(deployment["deployed_at"])) + LONGEST


def is_over(deployment: Row, runs: int, now: datetime) -> bool:
    """Say whether a deployment has been watched long enough."""
    if now >= closes_at_last(deployment):
        return True
    return now >= closes_after(deployment) and runs >= int(str(deployment["min_runs"]))


async def health_of(ctx: Ctx, deployment: Row) -> DeploymentHealth:
    """Return how a deployment does now, and what earlier looks found."""
    made = await measure(ctx, deployment)
    checks = await ctx.directives.all("health_checks_of", deployment_id=deployment["id"])
    judgement = made.judgement
    facts = {key: deployment[key] for key in DeploymentFacts.model_fields}
    return DeploymentHealth(
        deployment=DeploymentFacts.model_validate(facts),
        baseline=_health(made.before.side()),
        current=_health(made.since.side()),
        not_counted=made.since.not_counted,
        verdict=judgement.verdict,
        severity=judgement.severity,
        cause=judgement.cause,
        success_drop=judgement.success_drop,
        duration_change=judgement.duration_change,
        window=HealthWindow.model_validate(
            {
                "state": deployment["monitor"],
                "min_runs": deployment["min_runs"],
                "closes_after": to_text(closes_after(deployment)),
                "closes_at_last": to_text(closes_at_last(deployment)),
            }
        ),
        checks=[_note(row) for row in checks],
        tests=await reports_of(
            ctx.directives, deployment["artifact_id"], deployment["version_id"], TESTS_SHOWN
        ),
    )


async def _ran(
    ctx: Ctx, deployment: Row, version_id: object, since: datetime, until: datetime | None = None
) -> Ran:
    rows = await ctx.directives.all(
        "runs_that_judge",
        version_id=int(str(version_id)),
        artifact_id=deployment["artifact_id"],
        since=to_text(since),
        until=to_text(until) if until else None,
    )
    version = int(str(version_id))
    excused = await runs_in_outages(ctx, deployment["artifact_id"], version, rows)
    counted = [row for row in rows if row["id"] not in excused]
    return Ran(counted, len(rows) - len(counted))


def _judged(deployment: Row, before: Ran, since: Ran) -> Judgement:
    bounds = Bounds(int(str(deployment["min_runs"])), float(str(deployment["drop_threshold"])))
    judgement = judge(before.side(), since.side(), bounds)
    cause = fast_path(since.recent(), before.recent())
    if cause is not None and judgement.verdict != "rollback":
        worst: HealthSeverity = "critical"
        judgement = replace(judgement, verdict="rollback", severity=worst, cause=cause)
    if judgement.verdict == "rollback" and deployment["before_version_id"] is None:
        # Nothing ran before it, so there is nothing to go back to.
        judgement = replace(judgement, verdict="flag")
    return judgement


def _recent(row: Row) -> RecentRun:
    kind = row["error_type"]
    return RecentRun(row["status"] == "failure", None if kind is None else str(kind))


def _health(side: Side) -> SideHealth:
    rate = None if side.rate is None else float(side.rate)
    return SideHealth(runs=side.runs, success_rate=rate, mean_ms=side.mean_ms)


def _note(row: Row) -> HealthNote:
    values = {key: row[key] for key in HealthNote.model_fields}
    return HealthNote.model_validate(cast("dict[str, object]", values))
