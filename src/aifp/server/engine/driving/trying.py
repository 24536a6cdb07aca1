"""Try code once: in the real sandbox, with doors that lead nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import Unavailable
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx
from aifp.schemas.releases import Release
from aifp.schemas.sandbox import HostCall, Job, Limits
from aifp.server.engine.driving.endings import LIMITS, ending_of
from aifp.server.engine.driving.recorded_effects import Answers, TrialDoor, Unrecorded
from aifp.server.engine.driving.redaction import Redactor
from aifp.server.engine.driving.settling import clean
from aifp.server.engine.host.functions import GRANTED

# The same each time: what passes once passes again.
SEED = "aifp-trial"
# No case may keep the others waiting longer than this.
LONGEST_MS = 60_000
# After so many cases that ran out of time the rest is not tried.
TIMEOUTS = 3
# Ends that no error of the code's own brings about.
HARD = frozenset({"timeout", *(reason for reason, _ in LIMITS.values())})


@dataclass(frozen=True, slots=True)
class Tried:
    """How tried code ended; `unrecorded` is the call that nothing was recorded for."""

    ok: bool
    result: JsonValue
    error_type: str | None
    error: str | None
    calls: Sequence[HostCall]
    unrecorded: str | None = None
    # It ended at a limit, not by itself.
    hard: bool = False
    timed_out: bool = False


async def try_job(ctx: Ctx, job: Job, answers: Answers) -> Tried:
    """Run a job whose calls are answered from paper."""
    door = TrialDoor(answers, job.now)
    try:
        outcome = await ctx.sandbox.run(job, door)
    except Unrecorded as missing:
        return Tried(
            ok=False,
            result=None,
            error_type="Unrecorded",
            error=str(missing),
            calls=door.calls,
            unrecorded=str(missing),
        )
    if outcome.status == "refused":
        raise Unavailable(f"The sandbox cannot run this: {outcome.error or outcome.status}")
    ending = clean(ending_of(outcome), Redactor(ctx.keyring.redact))
    ok = ending.status == "success"
    return Tried(
        ok=ok,
        result=ending.result,
        error_type=None if ok else ending.error_type,
        error=ending.error,
        calls=door.calls,
        hard=ending.reason in HARD,
        timed_out=ending.status == "timeout",
    )


async def made_up_job(ctx: Ctx, release: Release, given: JsonMap, now: datetime) -> Job:
    """Return the job of a run that nobody asked for, with some input."""
    directive, left_ms = release.directive, trial_ms(release)
    local = now.astimezone(ZoneInfo(directive.timezone))
    run: JsonMap = {
        "id": 0,
        "key": SEED,
        "directive": directive.name,
        "due": None,
        "started": to_text(now),
        "date": local.date().isoformat(),
        "time": local.strftime("%H:%M:%S"),
        "timestamp": int(now.timestamp()),
        "attempt": 1,
        "error": None,
    }
    return Job(
        modules=release.modules,
        main=release.main,
        entry=release.entry_point,
        inputs={
            "input": given,
            "read": {},
            "trigger": {"kind": "manual"},
            "run": run,
            "vars": directive.vars,
            "memory": {},
        },
        functions=GRANTED,
        now=now,
        seed=SEED,
        limits=Limits(wall_ms=left_ms, cpu_ms=left_ms),
        packages=release.packages,
        package_folders=await ctx.machine.place(release.packages),
    )


def trial_ms(release: Release) -> int:
    """Return how long one case may work."""
    return min(release.directive.policies.timeout_ms, LONGEST_MS)
