"""Runs, attempts and steps as records, and what is asked of the engine."""

from typing import Literal

from pydantic import AwareDatetime, JsonValue

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.words import (
    HostFunction,
    RunKind,
    RunMode,
    RunStatus,
    StepStatus,
    TestStrategy,
    TriggerSource,
)

# What those outside the engine may say of a run; the engine itself knows more outcomes.
ReportedStatus = Literal["success", "failure", "timeout"]


class ExecutionRecord(Record):
    """One run as the tools list it."""

    id: int
    directive_id: int | None
    directive_name: str | None
    status: RunStatus
    reason: str | None
    due_at: str | None
    started_at: str | None
    finished_at: str | None
    duration_ms: int | None
    attempts: int
    trigger_source: TriggerSource
    error_message: str | None
    log_file: str | None
    log_offset: int | None


class Step(Record):
    """One host call of a run, as the trace shows it."""

    attempt: int
    seq: int
    function: HostFunction
    status: StepStatus
    arguments: JsonValue = None
    result: JsonValue = None
    idempotency_key: str | None = None
    started_at: str
    finished_at: str | None = None


class Attempt(Record):
    """One try inside a run."""

    attempt: int
    status: RunStatus
    started_at: str
    finished_at: str | None
    duration_ms: int | None
    error_type: str | None
    error_message: str | None


class RunDetails(Record):
    """One run with its attempts."""

    found: Literal[True] = True
    run: ExecutionRecord
    kind: RunKind
    mode: RunMode
    wake_at: str | None = None
    attempts: list[Attempt]


class ReportedRun(Record):
    """A finished run as somebody outside the engine tells of it."""

    status: ReportedStatus
    duration_ms: int | None = None
    error_message: str | None = None


class RunRecorded(Record):
    """A reported run is kept and counted."""

    success: Literal[True] = True
    execution_id: int


# The word of a cancellation that means the run, too, and not only the waiting for it.
CALLED_OFF = "called off by the client"


class RunRequest(Record):
    """A run asked for by hand."""

    directive_id: int
    dry_run: bool = False
    stubs_only: bool = False
    input: JsonMap = {}
    at: AwareDatetime | None = None


class UpkeepRequest(Record):
    """The maintenance of the tools, asked for by hand."""

    dry_run: bool = False


class ToolRequest(Record):
    """A call of one of the user's own tools."""

    name: str
    input: JsonMap = {}


class TrialRequest(Record):
    """A test asked for of one version, by one strategy; the report's result is a TestReport."""

    version_id: int
    strategy: TestStrategy


# What is asked of the engine by hand; whoever asks waits for the end of it.
EngineRequest = RunRequest | UpkeepRequest | ToolRequest | TrialRequest


class PlannedCall(Record):
    """A call that was made, or in a dry run would have been made."""

    function: HostFunction
    arguments: JsonMap
    simulated: bool


class RunReport(Record):
    """How a run asked for by hand, or the call of a tool, ended."""

    success: bool
    run_id: int | None
    status: RunStatus
    reason: str | None = None
    result: JsonValue = None
    error: str | None = None
    # What the caller of a deprecated tool should know.
    notice: str | None = None
    calls: list[PlannedCall] = []
    log: list[str] = []


class OpenRun(Record):
    """A run that has not ended."""

    run_id: int
    directive: str | None
    status: RunStatus
    started_at: str | None


class DueTime(Record):
    """When a directive is due next."""

    directive: str
    next_due_at: str


class EngineStatus(Record):
    """What the engine is doing."""

    running: bool
    pid: int | None
    started_at: str | None
    stop_switch: str | None
    next_due: list[DueTime]
    open_runs: list[OpenRun]
    host_limits: JsonMap
    versions: dict[str, str]
    restarts: dict[str, int] = {}
