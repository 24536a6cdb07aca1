"""Reports over directives: where each stands, and how a span of time went."""

from aifp.schemas.alerts import Alert
from aifp.schemas.common import JsonMap, Record
from aifp.schemas.runs import DueTime, EngineStatus, ExecutionRecord
from aifp.schemas.words import DirectiveStatus, PauseCause, RunStatus


class DirectiveLine(Record):
    """Where one directive stands."""

    id: int
    name: str
    status: DirectiveStatus
    phase: str
    pause_cause: PauseCause | None
    next_due_at: str | None
    total_executions: int
    success_rate: float | None
    last_run: str | None
    last_outcome: RunStatus | None
    last_error: str | None


class StatusReport(Record):
    """Where everything stands."""

    message: str
    counts: dict[str, int]
    directives: list[DirectiveLine]
    engine: EngineStatus | None
    logs: list[str]
    note: str | None = None


class LateStart(Record):
    """A run that began more than a second after its due time."""

    run_id: int
    directive: str
    due_at: str
    late_ms: int


class MonitorReport(Record):
    """How the last hours went."""

    period: str
    outcomes: dict[str, int]
    late_starts: list[LateStart]
    failures: list[ExecutionRecord]
    alerts: list[Alert]
    next_due: list[DueTime]
    log_files: list[str]
    details: JsonMap = {}


class DueList(Record):
    """The next due times of one directive; none when it waits for an event or a person."""

    directive: str
    timezone: str
    starts: str
    due: list[str]


class DayPlan(Record):
    """What is due on one day, from its midnight to the next in a zone."""

    day: str
    timezone: str
    due: list[DueList]
