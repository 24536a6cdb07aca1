"""How a drive ended, as the record says it."""

from dataclasses import dataclass, field

from pydantic import JsonValue

from aifp.schemas.sandbox import Outcome
from aifp.schemas.words import RunStatus

# Outcomes of the sandbox that are no error of the code: reason and text of the failure.
LIMITS: dict[str, tuple[str, str]] = {
    "output": ("output_limit", "The run wrote more than it may."),
    "memory": ("memory_limit", "The run used more memory than it may."),
    "crashed": ("sandbox_crashed", "The sandbox died under the run."),
    "refused": ("sandbox_refused", "No sandbox gives the guarantees this run needs."),
}
STOP = "Stop"


@dataclass(frozen=True, slots=True)
class Ending:
    """What a run or an attempt ended with; `failed_steps` are the calls whose errors ended it."""

    status: RunStatus
    reason: str | None = None
    error_type: str | None = None
    error: str | None = None
    traceback: str | None = None
    result: JsonValue = None
    failed_steps: list[int] = field(default_factory=lambda: list[int]())
    retried: bool = False
    cpu_ms: float | None = None
    memory_peak_mb: float | None = None


def ending_of(outcome: Outcome) -> Ending:
    """Return the ending that an outcome of the sandbox means."""
    cpu, memory = outcome.cpu_ms, outcome.memory_peak_mb
    match outcome.status:
        case "ok":
            stopped = outcome.error if outcome.error_type == STOP else None
            return Ending(
                "success", stopped, result=outcome.result, cpu_ms=cpu, memory_peak_mb=memory
            )
        case "timeout":
            return timed_out(cpu)
        case "error":
            return _failed(outcome)
        case limit:
            reason, text = LIMITS[limit]
            return Ending(
                "failure",
                reason,
                outcome.error_type or reason,
                outcome.error or text,
                outcome.traceback,
                retried=limit == "crashed",
                cpu_ms=cpu,
                memory_peak_mb=memory,
            )


def timed_out(cpu_ms: float | None = None) -> Ending:
    """Return the ending of a run that used up its working time."""
    text = "The run used up its working time (policy timeout)."
    return Ending("timeout", "timeout", "timeout", text, cpu_ms=cpu_ms)


def interrupted(reason: str) -> Ending:
    """Return the ending of a run that cannot go on without guessing."""
    return Ending("interrupted", reason, "interrupted", reason)


def _failed(outcome: Outcome) -> Ending:
    stopped = outcome.error_type == STOP
    return Ending(
        "failure",
        outcome.error if stopped else outcome.error_type,
        outcome.error_type,
        outcome.error,
        outcome.traceback,
        failed_steps=outcome.failed_steps,
        retried=not stopped,
        cpu_ms=outcome.cpu_ms,
        memory_peak_mb=outcome.memory_peak_mb,
    )
