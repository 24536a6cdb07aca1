"""What becomes of a run after a drive: it ends, waits, or is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from aifp.helpers.shared.zones import project_zone
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Writer
from aifp.schemas.releases import Release
from aifp.server.engine.driving.closing import (
    OpenRun,
    close_run,
    elapsed_ms,
    end_open_run,
    keep_output,
)
from aifp.server.engine.driving.endings import Ending, interrupted
from aifp.server.engine.driving.journal import Claim, Journal
from aifp.server.engine.driving.notices import alert_interrupted, directive_subject, stop_poisoned
from aifp.server.engine.driving.preparation import Kit
from aifp.server.engine.driving.redaction import Redactor
from aifp.server.engine.driving.retries import attempt_retry
from aifp.server.engine.driving.rows import RunRow
from aifp.server.engine.host.tools import Tools
from aifp.server.engine.logs import log_of_run


@dataclass(frozen=True, slots=True)
class Settling:
    """A drive that has come back, and everything that is written about it."""

    kit: Kit
    run: RunRow
    release: Release
    claim: Claim
    journal: Journal
    tools: Tools
    failures: Mapping[int, JsonMap]
    clear: bool


async def settle(s: Settling, result: Ending | datetime) -> Ending | datetime:
    """Write down how the drive ended and return it, or when the run goes on."""
    if isinstance(result, datetime):
        return await _park(s, result)
    ending = clean(result, s.tools.redactor)
    if ending.status == "failure" and (again := _next_attempt(s, ending)):
        return await _try_again(s, ending, again)
    return await _end(s, ending)


def clean(ending: Ending, redactor: Redactor) -> Ending:
    """Return the ending without secrets; the code may have been shown one by mistake."""
    return replace(
        ending,
        reason=_redacted(ending.reason, redactor),
        error=_redacted(ending.error, redactor),
        traceback=_redacted(ending.traceback, redactor),
        result=redactor.value(ending.result),
    )


async def poisoned(kit: Kit, run: RunRow, taken: Claim) -> Ending:
    """End a run of a directive under which the engine keeps dying, and stop the directive."""
    ctx = kit.ctx
    subject = directive_subject(run.directive_id or 0, taken.name)
    async with ctx.directives.write() as w:
        await stop_poisoned(ctx, w, subject, taken.status, taken.crashes - 1)
    ending = interrupted("crash_loop")
    if await end_open_run(ctx, run.id, ending):
        await log_end(kit, run.id, ending)
    return ending


async def log_end(kit: Kit, run_id: int, ending: Ending) -> None:
    """Write the last line of a run that was ended from outside."""
    row = await kit.ctx.directives.one("run_named", id=run_id)
    log = await log_of_run(kit.ctx, kit.logs, run_id, str(row["name"]) if row else None)
    await log.tell(ending.status, reason=ending.reason, error=ending.error)
    if ending.status == "failure":
        await log.failure(ending.error_type, ending.error, None)


def _next_attempt(s: Settling, ending: Ending) -> datetime | None:
    policy = s.release.directive.policies.retry
    attempt = s.journal.attempt
    when = attempt_retry(policy, attempt, ending, s.failures, s.run.random_seed)
    return when(s.kit.ctx.clock.now()) if when else None


async def _park(s: Settling, until: datetime) -> datetime:
    async with s.journal.transaction() as w:
        await s.journal.parked(w, until, s.tools.budget.used_ms())
        await _survived(s, w)
    return until


async def _try_again(s: Settling, ending: Ending, again: datetime) -> datetime:
    async with s.journal.transaction() as w:
        await s.journal.ended_attempt(w, ending)
        await s.journal.parked(w, again, s.tools.budget.used_ms())
        await _survived(s, w, ending)
    await s.tools.log.tell("retry", attempt=s.journal.attempt, error=ending.error)
    await s.tools.log.failure(ending.error_type, ending.error, ending.traceback)
    return again


async def _end(s: Settling, ending: Ending) -> Ending:
    ctx = s.kit.ctx
    zone, output = await project_zone(ctx.project), await keep_output(ctx.files, ending.result)
    s.kit.failpoints.reach("before_close")
    now = ctx.clock.now()
    async with s.journal.transaction() as w:
        if ending.status == "success" and s.run.mode == "live":
            await s.tools.memory.apply(w, now)
        await s.journal.ended_attempt(w, ending)
        await close_run(w, _open_run(s), ending, output, now, zone)
        if ending.status == "interrupted":
            subject = directive_subject(s.release.directive_id, s.claim.name)
            await alert_interrupted(ctx, w, subject, s.run.id, ending.reason or "")
        await _survived(s, w, ending)
    s.kit.failpoints.reach("after_close")
    await _tell(s, ending, elapsed_ms(s.claim.started_at, now))
    return ending


async def _survived(s: Settling, w: Writer, ending: Ending | None = None) -> None:
    """Clear the counted crash, unless the sandbox itself died under the code."""
    crashed = ending is not None and ending.reason == "sandbox_crashed"
    if s.clear and not crashed:
        await w.run("end_crash_watch", directive_id=s.release.directive_id)


async def _tell(s: Settling, ending: Ending, duration_ms: int | None) -> None:
    log = s.tools.log
    await log.tell(ending.status, duration_ms=duration_ms, reason=ending.reason, error=ending.error)
    if ending.status != "success":
        await log.failure(ending.error_type, ending.error, ending.traceback)


def _open_run(s: Settling) -> OpenRun:
    return OpenRun(
        id=s.run.id,
        epoch=s.claim.epoch,
        mode=s.run.mode,
        directive_id=s.run.directive_id,
        started_at=s.claim.started_at,
        working_ms=s.tools.budget.used_ms(),
        is_notice=s.run.is_notice,
    )


def _redacted(text: str | None, redactor: Redactor) -> str | None:
    return redactor.text(text) if text is not None else None
