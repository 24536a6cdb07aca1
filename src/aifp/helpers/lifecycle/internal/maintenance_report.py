"""The daily maintenance of tools: step by step, each for itself, with one report."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aifp.helpers.contract import guarded
from aifp.helpers.lifecycle.internal.cleaning import (
    cleanup_old_deleted_tools,
    deleted_tools,
    unused_deleted,
    useful_deleted,
)
from aifp.helpers.lifecycle.internal.duplicate_report import duplicates_of
from aifp.helpers.lifecycle.internal.freeing import Discard, free_objects
from aifp.helpers.lifecycle.internal.hints import todays_hints
from aifp.helpers.lifecycle.internal.reconciling import sync_from_filesystem
from aifp.helpers.lifecycle.internal.review import review_tools
from aifp.helpers.shared.alerts import raise_alert, resolve_alerts
from aifp.schemas.alerts import NewAlert
from aifp.schemas.common import Failure, JsonMap
from aifp.schemas.duplicates import DuplicatePair
from aifp.schemas.errors import AifpError, Unavailable
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Ctx, Writer
from aifp.schemas.subjects import Subject
from aifp.schemas.tool_sync import SyncReport
from aifp.schemas.upkeep import Review, UpkeepReport, UpkeepStep

# The review of the tools is part of the report once in so many days.
REVIEW_EVERY = timedelta(days=7)

UPKEEP = Subject(kind="maintenance", id="tools", name="maintenance")
FAILED = "maintenance_failed"

# Drops log files by their date and returns how many.
Prune = Callable[[], Awaitable[int]]
Step = Callable[[], Awaitable[UpkeepStep]]


@dataclass(frozen=True, slots=True)
class Broom:
    """What sweeps away files that are no files of the project."""

    prune: Prune
    discard: Discard


async def maintain(ctx: Ctx, broom: Broom, *, dry_run: bool = False) -> UpkeepReport:
    """Look after the tools once; a step that fails is reported and stops no other."""
    now = ctx.clock.now()
    synced = await guarded("sync", sync_from_filesystem(ctx, dry_run=dry_run))
    steps: dict[str, Step] = {
        "sync": lambda: _synced(synced),
        "mark": lambda: _marked(synced),
        "alert": lambda: _alerted(synced),
        "clean": lambda: _clean(ctx, dry_run=dry_run),
        "deleted": lambda: _look_at_deleted(ctx),
        "duplicates": lambda: _duplicates(ctx),
        "objects": lambda: _objects(ctx, broom, dry_run=dry_run),
        "logs": lambda: _logs(broom, dry_run=dry_run),
    }
    report = UpkeepReport(
        success=True,
        dry_run=dry_run,
        at=to_text(now),
        steps=[await _step(name, step) for name, step in steps.items()],
    )
    report = await _looked_over(ctx, report, now)
    if dry_run:
        return report.model_copy(update={"previous": await previous_report(ctx)})
    return await _kept(ctx, report)


async def _looked_over(ctx: Ctx, report: UpkeepReport, now: datetime) -> UpkeepReport:
    """Add what people and assistants may want to decide about."""
    review = await guarded("review", _review_when_due(ctx, now))
    hints = await guarded("hints", todays_hints(ctx, dry_run=report.dry_run))
    failed = [
        UpkeepStep(step=name, success=False, error=made.error)
        for name, made in (("review", review), ("hints", hints))
        if isinstance(made, Failure)
    ]
    steps = [*report.steps, *failed]
    return report.model_copy(
        update={
            "success": all(step.success for step in steps),
            "steps": steps,
            "review": review if isinstance(review, Review) else None,
            "hints": [] if isinstance(hints, Failure) else hints,
        }
    )


async def _step(name: str, step: Step) -> UpkeepStep:
    made = await guarded(name, step())
    if isinstance(made, Failure):
        return UpkeepStep(step=name, success=False, error=made.error)
    return made


async def _synced(report: SyncReport | Failure) -> UpkeepStep:
    """Tell which files are not what was known of them."""
    known = _sync_of(report)
    return _named("sync", [*known.new_manual_tools, *known.changed])


async def _marked(report: SyncReport | Failure) -> UpkeepStep:
    """Tell which tools went and which came back."""
    known = _sync_of(report)
    details: JsonMap = {"deleted": [*known.newly_deleted], "restored": [*known.restored]}
    made = _named("mark", [*known.newly_deleted, *known.restored])
    return made.model_copy(update={"details": details})


async def _alerted(report: SyncReport | Failure) -> UpkeepStep:
    known = _sync_of(report)
    details: JsonMap = {alert.tool: alert.code for alert in known.alerts}
    made = _named("alert", [alert.tool for alert in known.alerts])
    return made.model_copy(update={"details": details})


def _sync_of(report: SyncReport | Failure) -> SyncReport:
    if isinstance(report, Failure):
        raise Unavailable(f"The files of the tools could not be compared: {report.error}")
    return report


def _named(step: str, names: list[str]) -> UpkeepStep:
    return UpkeepStep(step=step, count=len(names), names=sorted(names))


async def _clean(ctx: Ctx, *, dry_run: bool) -> UpkeepStep:
    cleaned = await cleanup_old_deleted_tools(ctx, dry_run=dry_run)
    names = sorted([*cleaned.purged, *cleaned.archived])
    return _named("clean", names).model_copy(update={"details": cleaned.wire()})


async def _look_at_deleted(ctx: Ctx) -> UpkeepStep:
    """Name deleted tools for a person to look at; no row changes."""
    tools = await deleted_tools(ctx)
    useful = useful_deleted(tools, ctx.settings)
    unused = unused_deleted(tools, ctx.clock.now())
    details: JsonMap = {"archive_candidates": [*unused], "to_review": [*useful]}
    names = sorted({*useful, *unused})
    return _named("deleted", names).model_copy(update={"details": details})


async def _duplicates(ctx: Ctx) -> UpkeepStep:
    pairs = await duplicates_of(ctx)
    names = sorted({pair.a.name for pair in pairs} | {pair.b.name for pair in pairs})
    details: JsonMap = {"pairs": [_short(pair) for pair in pairs]}
    return UpkeepStep(step="duplicates", count=len(pairs), names=names, details=details)


def _short(pair: DuplicatePair) -> JsonMap:
    return {
        "a": pair.a.name,
        "b": pair.b.name,
        "similarity": pair.similarity,
        "confidence": pair.confidence,
        "keep": pair.keep,
    }


async def _objects(ctx: Ctx, broom: Broom, *, dry_run: bool) -> UpkeepStep:
    return UpkeepStep(step="objects", count=await free_objects(ctx, broom.discard, dry_run=dry_run))


async def _logs(broom: Broom, *, dry_run: bool) -> UpkeepStep:
    dropped = 0 if dry_run else await broom.prune()
    return UpkeepStep(step="logs", count=dropped)


async def _review_when_due(ctx: Ctx, now: datetime) -> Review | None:
    row = await ctx.directives.one("newest_review")
    if row is not None and now - from_text(str(row["finished_at"])) < REVIEW_EVERY:
        return None
    return await review_tools(ctx)


async def _kept(ctx: Ctx, report: UpkeepReport) -> UpkeepReport:
    """Keep the report as a run of its own, and the event that there was one."""
    text = report.model_dump_json()
    sha256 = await ctx.files.keep(text.encode())
    async with ctx.directives.write() as db:
        made = await db.one(
            "add_maintenance_run",
            status="success" if report.success else "failure",
            at=report.at,
            idempotency_key=f"maintenance {report.at}",
            trigger_json=json.dumps({"kind": "maintenance", "review": report.review is not None}),
            error_message="; ".join(step.error for step in report.steps if step.error) or None,
            output_summary=text[:1024],
            output_sha256=sha256,
        )
        await _tell(db, from_text(report.at), report)
        await db.run("keep_report", sha256=sha256, size_bytes=len(text.encode()), at=report.at)
    return report.model_copy(update={"run_id": int(str(made["id"])) if made else None})


async def _tell(db: Writer, at: datetime, report: UpkeepReport) -> None:
    """Tell of steps that failed, and take it back once they work again."""
    failed = [f"{step.step} ({step.error})" for step in report.steps if not step.success]
    if not failed:
        await resolve_alerts(db, at, UPKEEP, FAILED)
        return
    alert = NewAlert(
        severity="warning",
        code=FAILED,
        message=f"The daily maintenance of tools failed in part: {', '.join(failed)}.",
        suggestion="Mend the cause; run_maintenance tries again at once.",
    )
    await raise_alert(db, at, UPKEEP, alert)


async def previous_report(ctx: Ctx) -> UpkeepReport | None:
    """Return the newest kept report; None where there is none, or its bytes are gone."""
    row = await ctx.directives.one("newest_upkeep")
    if row is None:
        return None
    try:
        data = await ctx.files.fetch(str(row["output_sha256"]))
    except AifpError:
        return None
    report = UpkeepReport.model_validate_json(data)
    return report.model_copy(update={"run_id": int(str(row["id"]))})


async def last_upkeep(ctx: Ctx) -> datetime | None:
    """Return when the tools were looked after last."""
    row = await ctx.directives.one("newest_upkeep")
    return from_text(str(row["finished_at"])) if row else None
