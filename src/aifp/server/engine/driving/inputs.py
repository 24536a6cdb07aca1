"""What the code of a run is given: its data, its clock, its seed, its limits."""

from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.releases import Release
from aifp.schemas.sandbox import Job, Limits
from aifp.server.engine.driving.rows import RunRow
from aifp.server.engine.host.functions import GRANTED
from aifp.server.engine.host.tools import HOUR_MS

# Directive-format 8: a wait lasts at most 31 days.
LONGEST_WAIT_MS = 31 * 24 * HOUR_MS


def run_data(
    run: RunRow, release: Release, started: datetime, attempt: int, error: str | None
) -> JsonMap:
    """Return `run` as templates and code see it; it stays the same when driven again."""
    local = started.astimezone(ZoneInfo(release.directive.timezone))
    return {
        "id": run.id,
        "key": run.idempotency_key,
        "directive": release.directive.name,
        "due": run.due_at,
        "started": to_text(started),
        "date": local.date().isoformat(),
        "time": local.strftime("%H:%M:%S"),
        "timestamp": int(started.timestamp()),
        "attempt": attempt,
        "error": error,
    }


def names_of(run: RunRow, release: Release, data: JsonMap, memory: JsonMap) -> JsonMap:
    """Return the names that templates, conditions and code know."""
    return {
        "input": run.input.get("input", {}),
        "read": run.input.get("read", {}),
        "trigger": run.trigger,
        "run": data,
        "vars": release.directive.vars,
        "memory": memory,
    }


def job_of(
    release: Release,
    inputs: JsonMap,
    started: datetime,
    seed: str,
    left_ms: int,
    package_folders: list[str],
) -> Job:
    """Return the exact approved code with everything it may know."""
    return Job(
        modules=release.modules,
        main=release.main,
        entry=release.entry_point,
        inputs=inputs,
        functions=GRANTED,
        now=started,
        seed=seed,
        limits=Limits(wall_ms=left_ms, cpu_ms=left_ms),
        packages=release.packages,
        package_folders=package_folders,
    )


def longest_sleep_ms(release: Release) -> int:
    """Return how long this run may sleep: an hour, or as long as its directive says it waits."""
    waits = list(_waits(release.directive.canonical()))
    return min(max([HOUR_MS, *waits]), LONGEST_WAIT_MS)


def _waits(value: JsonValue) -> list[int]:
    match value:
        case {"verb": "wait", "ms": int(ms)}:
            return [ms]
        case {"verb": "wait"}:
            return [LONGEST_WAIT_MS]
        case dict():
            return [ms for entry in value.values() for ms in _waits(entry)]
        case list():
            return [ms for entry in value for ms in _waits(entry)]
        case _:
            return []
