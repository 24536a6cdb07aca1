"""Put the end of a guest into the words of an Outcome."""

import re
from typing import Any, Literal

from aifp.schemas.sandbox import Job, Outcome

# JSON writes one byte as up to six characters; errors and traceback come on top.
JSON_GROWTH = 6
OVERHEAD = 1024 * 1024
MISSING = re.compile(r"unknown import: `wasi:([a-z-]+)/")
WORLDS = {
    "filesystem": "files",
    "sockets": "network",
    "io": "waiting or streams of its own; use ctx.sleep",
    "cli": "process to end or write to",
    "clocks": "waiting of its own; use ctx.sleep",
}


def outcome(job: Job, end: dict[str, Any]) -> Outcome:
    """Return the outcome for what the worker reported."""
    used = {key: end.get(key) for key in ("wall_ms", "cpu_ms", "memory_peak_mb")}
    found = _ended(job, end)
    return found.model_copy(update={key: value for key, value in used.items() if value is not None})


def _ended(job: Job, end: dict[str, Any]) -> Outcome:
    match end["end"]:
        case "returned":
            return returned(job, end["value"])
        case "timeout":
            return timed_out(job, end["reason"])
        case _:
            return _trapped(str(end.get("reason", "")))


def returned(job: Job, text: str) -> Outcome:
    """Read what the guest wrote; hostile code may have written anything."""
    most = job.limits.result_bytes + JSON_GROWTH * job.limits.output_bytes + OVERHEAD
    if len(text) > most:
        return crashed("the runner's answer is larger than the limits allow")
    try:
        found = Outcome.model_validate_json(text)
    except ValueError:
        return crashed("the runner gave no outcome")
    kept = found.stdout.encode()[: job.limits.output_bytes].decode(errors="ignore")
    return found.model_copy(update={"stdout": kept})


def timed_out(job: Job, reason: str) -> Outcome:
    """Return the outcome of a guest that passed a limit of time: wall or cpu."""
    limits = job.limits
    if reason == "cpu":
        return _failed(
            "timeout", "CpuLimit", f"used more than {limits.cpu_ms / 1000:g} s of processor"
        )
    return _failed("timeout", "WallLimit", f"ran longer than {limits.wall_ms / 1000:g} s")


def _trapped(reason: str) -> Outcome:
    missing = MISSING.search(reason)
    if missing:
        what = WORLDS.get(missing[1], missing[1])
        return denied(f"code in the sandbox has no {what}")
    if "stack exhausted" in reason:
        return crashed("the code nests too deeply; its stack is used up")
    lines = reason.strip().splitlines() or ["unknown reason"]
    return crashed(f"the runner stopped: {lines[-1].strip()}")


def hanging(job: Job) -> Outcome:
    """Return the outcome of a guest that did not stop and was killed."""
    return _failed("timeout", "WallLimit", f"killed after {job.limits.wall_ms / 1000:g} s")


def crashed(reason: str) -> Outcome:
    """Return the outcome of a broken instance or worker."""
    return _failed("crashed", "Crashed", reason)


def denied(reason: str) -> Outcome:
    """Return the outcome of an attempt to reach what was not given."""
    return _failed("error", "NotGranted", reason)


def limit(reason: str) -> Outcome:
    """Return the outcome of too many host calls."""
    return _failed("error", "LimitExceeded", reason)


def refused(reason: str) -> Outcome:
    """Return the outcome of a job that this sandbox does not take."""
    return _failed("refused", "Refused", reason)


def _failed(
    status: Literal["error", "timeout", "crashed", "refused"], error_type: str, error: str
) -> Outcome:
    return Outcome(status=status, error_type=error_type, error=error)
