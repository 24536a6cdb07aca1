"""What the deletion of a tool's file means: an accident, a question, or nothing at all."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from aifp.helpers.lifecycle.internal.artifact_rows import subject_of
from aifp.helpers.lifecycle.internal.uses import Uses, exactly, uses_of
from aifp.helpers.shared.alerts import resolve_alerts
from aifp.schemas.alerts import NewAlert
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.settings import Settings

logger = logging.getLogger(__name__)

DeletionReason = Literal[
    "never_used",
    "useful_tool_deleted",
    "recently_used",
    "cleanup_ok",
    "analysis_failed",
    "implementation_deleted",
]

# The alerts that a deletion raises about its artifact, so that its return can close them.
DELETION_ALERTS: tuple[DeletionReason, ...] = (
    "useful_tool_deleted",
    "recently_used",
    "analysis_failed",
    "implementation_deleted",
)


@dataclass(frozen=True, slots=True)
class DeletionVerdict:
    """What a deletion means, and the alert to raise about the artifact, if any."""

    reason: DeletionReason
    alert: NewAlert | None = None


async def analyze_deleted_tool(ctx: Ctx, artifact: Row) -> DeletionVerdict:
    """Say what the deletion of an artifact's file means; call it outside a transaction.

    An analysis that fails is no reason for silence: it gives an alert of its own.
    """
    name = str(artifact["name"])
    try:
        uses = await uses_of(ctx.directives, artifact["id"])
        directive = await _directive_that_fires(ctx, artifact)
    except AifpError as fault:
        logger.warning("the deletion of %s could not be judged: %s", name, fault)
        return _failed(name, fault)
    verdict = judge_deletion(name, uses, ctx.clock.now(), ctx.settings)
    return verdict if directive is None else _stopped(directive, name, verdict, uses)


def judge_deletion(name: str, uses: Uses, now: datetime, settings: Settings) -> DeletionVerdict:
    """Judge a deletion by the uses of the tool; the first rule that fits decides."""
    if uses.rate is None:
        return DeletionVerdict("never_used")
    if uses.rate > exactly(settings.alert_rate) and uses.executions > settings.alert_uses:
        return _useful(name, uses)
    unused = uses.unused_for(now)
    if unused is not None and unused < timedelta(days=settings.recent_days):
        return _recent(name, uses)
    return DeletionVerdict("cleanup_ok")


async def close_deletion_alerts(ctx: Ctx, artifact: Row) -> None:
    """Close what was asked about a deletion: the tool is back, or a person wanted it so."""
    now, subject = ctx.clock.now(), subject_of(artifact)
    async with ctx.directives.write() as db:
        for code in DELETION_ALERTS:
            await resolve_alerts(db, now, subject, code, ctx.actor)


def restore_command(name: str) -> str:
    """Return the call that brings the file of a tool back."""
    return f'restore_tool("{name}")'


def _useful(name: str, uses: Uses) -> DeletionVerdict:
    percent = f"{float(uses.rate or 0):.1%}"
    return DeletionVerdict(
        "useful_tool_deleted",
        NewAlert(
            severity="warning",
            code="useful_tool_deleted",
            message=f"{name} was deleted; it worked in {percent} of {uses.executions} uses.",
            suggestion=f"If this was an accident, bring it back with {restore_command(name)}.",
            stats=_stats("useful_tool_deleted", name, uses),
        ),
    )


def _recent(name: str, uses: Uses) -> DeletionVerdict:
    day = f"{uses.last_used:%Y-%m-%d}"
    return DeletionVerdict(
        "recently_used",
        NewAlert(
            severity="info",
            code="recently_used",
            message=f"{name} was deleted and was last used on {day}. Was this intended?",
            suggestion=f"If it was not, bring it back with {restore_command(name)}.",
            stats=_stats("recently_used", name, uses),
        ),
    )


def _stopped(directive: str, name: str, verdict: DeletionVerdict, uses: Uses) -> DeletionVerdict:
    """A directive that fires has lost its code: critical, however little the code was used."""
    return DeletionVerdict(
        "implementation_deleted",
        NewAlert(
            severity="critical",
            code="implementation_deleted",
            message=f"The code of the active directive {directive} was deleted; it is paused.",
            suggestion=f"Bring it back with {restore_command(name)}, and it resumes by itself.",
            stats=_stats(verdict.reason, name, uses),
        ),
    )


def _failed(name: str, fault: AifpError) -> DeletionVerdict:
    return DeletionVerdict(
        "analysis_failed",
        NewAlert(
            severity="warning",
            code="analysis_failed",
            message=f"{name} was deleted, and what it was worth could not be found out: {fault}",
            suggestion=f"Look at it yourself; {restore_command(name)} brings it back.",
            stats={"reason": "analysis_failed", "restore": restore_command(name)},
        ),
    )


def _stats(reason: DeletionReason, name: str, uses: Uses) -> JsonMap:
    return {**uses.facts(), "reason": reason, "restore": restore_command(name)}


async def _directive_that_fires(ctx: Ctx, artifact: Row) -> str | None:
    """Return the directive that fires with this code, or would if its code were there."""
    if artifact["kind"] != "implementation" or artifact["directive_id"] is None:
        return None
    row = await ctx.directives.one("watch_over_directive", id=artifact["directive_id"])
    return str(row["name"]) if row and row["fires"] else None
