"""Replay: a version works on what live runs were given, and must do and say what they did."""

from dataclasses import dataclass

from pydantic import JsonValue

from aifp.helpers.lifecycle.internal.cases import same_error
from aifp.helpers.lifecycle.internal.equality import Tolerated, differences
from aifp.helpers.lifecycle.internal.test_reports import (
    REPLAY_MOST,
    REPLAY_WINDOW,
    judged_replay,
    summed,
)
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.errors import AifpError
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Release
from aifp.schemas.sandbox import HostCall, Job
from aifp.schemas.testing import CaseResult, TestReport
from aifp.server.engine.driving.bodies import load_body
from aifp.server.engine.driving.preparation import History, job_for, load_history, start_of
from aifp.server.engine.driving.recorded_effects import (
    FromTrace,
    Recorded,
    effects_differ,
    effects_of,
    recorded_effects,
    recorded_step,
)
from aifp.server.engine.driving.rows import RunRow
from aifp.server.engine.driving.tested import Tested
from aifp.server.engine.driving.trying import TIMEOUTS, Tried, trial_ms, try_job

# Differences told of one case.
SHOWN = 8


@dataclass(frozen=True, slots=True)
class PastRun:
    """A live run as it is recorded: what it was given, what it did, how it ended."""

    run: RunRow
    history: History
    directive: CanonicalDirective
    ok: bool
    result: JsonValue
    error_type: str | None
    trace: list[Recorded]


@dataclass(frozen=True, slots=True)
class Played:
    """One past run played again with other code."""

    case: CaseResult
    calls: list[HostCall]
    timed_out: bool


async def replay(ctx: Ctx, tested: Tested) -> tuple[TestReport, list[HostCall]]:
    """Replay the live runs of the code in force; return the report and the calls that were made."""
    rows = await _rows(ctx, tested)
    past = sum(row["status"] == "success" for row in rows)
    cases: list[CaseResult] = []
    calls: list[HostCall] = []
    timeouts = 0
    for row in rows:
        run = await past_run(ctx, row, tested.code.release)
        if run is None:
            past -= row["status"] == "success"
            continue
        played = await play_again(ctx, tested, run)
        cases.append(played.case)
        calls += played.calls
        timeouts += played.timed_out
        if timeouts >= TIMEOUTS:
            break
    return judged_replay(summed("replay", tested.numbers, cases), past), calls


async def _rows(ctx: Ctx, tested: Tested) -> list[Row]:
    if tested.baseline is None:
        return []
    return await ctx.directives.all(
        "runs_to_replay",
        artifact_id=tested.version["artifact_id"],
        code_hash=tested.baseline["code_hash"],
        since=to_text(ctx.clock.now() - REPLAY_WINDOW),
        limit=REPLAY_MOST,
    )


async def past_run(ctx: Ctx, row: Row, release: Release) -> PastRun | None:
    """Return a recorded run; None when its details are not kept any more."""
    stored = await ctx.directives.one("run_to_drive", id=row["id"])
    if stored is None or stored["started_at"] is None:
        return None
    run, history = RunRow.of(stored), await load_history(ctx, int(str(row["id"])))
    if not history.tries:
        return None
    last = history.tries[-1].attempt
    steps = await ctx.directives.all("recorded_steps", run_id=run.id, attempt=last)
    try:
        trace = [await recorded_step(ctx.files, step) for step in steps]
        result = await load_body(ctx.files, row["output_summary"], row["output_sha256"])
    except AifpError:
        return None
    return PastRun(
        run=run,
        # As if it were driven again: this is the try that is played.
        history=History(
            [], [*history.tries[:-1], history.tries[-1].model_copy(update={"status": "running"})]
        ),
        directive=await _directive(ctx, run, row, release),
        ok=row["status"] == "success",
        result=result,
        error_type=None if row["error_type"] is None else str(row["error_type"]),
        trace=trace,
    )


async def _directive(ctx: Ctx, run: RunRow, row: Row, release: Release) -> CanonicalDirective:
    """Return the directive as the run knew it: its values are part of what the run was given."""
    parts = await ctx.directives.one(
        "stored_release_parts",
        directive_id=run.directive_id,
        version=row["directive_version"],
        artifact_version_id=run.artifact_version_id,
    )
    if parts is None:
        return release.directive
    return CanonicalDirective.model_validate_json(str(parts["configuration_json"]))


async def play_again(ctx: Ctx, tested: Tested, past: PastRun, *, captures: bool = False) -> Played:
    """Play a past run with the code under test."""
    release = tested.code.release.model_copy(update={"directive": past.directive})
    tried = await try_job(
        ctx, await _job(ctx, past, release), FromTrace(past.trace, captures=captures)
    )
    told = _told(past, tried, tested.may)
    verdict = "same" if not told else "regression" if past.ok else "other"
    if not past.ok and tried.ok:
        verdict = "improved"
    name = f"run {past.run.id} of {past.run.started_at}"
    case = CaseResult(
        case=name, verdict=verdict, passed=tried.ok, told=told[:SHOWN], run_id=past.run.id
    )
    return Played(case, list(tried.calls), tried.timed_out)


async def _job(ctx: Ctx, past: PastRun, release: Release) -> Job:
    started = start_of(past.run.started_at or "")
    return await job_for(ctx, past.run, release, past.history, started, trial_ms(release))


def _told(past: PastRun, tried: Tried, may: Tolerated) -> list[str]:
    """Return in what a run differs from the recorded one; nothing when it is the same."""
    if tried.unrecorded:
        return [f"makes {tried.unrecorded}"]
    if past.ok and tried.ok:
        changed = effects_differ(recorded_effects(past.trace), effects_of(tried.calls))
        return [*changed, *differences(past.result, tried.result, may).told()]
    if past.ok:
        return [f"fails now with {tried.error_type}: {tried.error}"]
    if tried.ok:
        return [f"failed with {past.error_type} and works now"]
    if same_error(past.error_type or "", tried.error_type):
        return []
    return [f"failed with {past.error_type}, fails with {tried.error_type} now"]
