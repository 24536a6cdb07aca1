"""Reports across all directives: health, executions, dependencies, errors, silence."""

from aifp.schemas.common import Record
from aifp.schemas.directives import DirectiveBrief
from aifp.schemas.words import DirectiveStatus


class FailingDirective(Record):
    """A directive that stopped, or failed within the last 24 hours."""

    name: str
    error_count: int
    last_error: str | None


class HealthSummary(Record):
    """How all directives together are."""

    total_directives: int
    active_directives: int
    paused_directives: int
    error_directives: int
    overall_success_rate: float | None
    total_executions_24h: int
    failing_directives: list[FailingDirective]
    missing_dependencies: int
    failing_tests: int


class ExecutionCount(Record):
    """How often a directive ran."""

    directive: str
    count: int


class FailureCount(Record):
    """How often a directive failed."""

    directive: str
    failure_count: int


class ExecutionSummary(Record):
    """How a period went, over all directives."""

    period: str
    total_executions: int
    success_rate: float | None
    average_duration_ms: float | None
    most_executed: list[ExecutionCount]
    most_failures: list[FailureCount]


class MissingDependency(Record):
    """Something that is needed and not there, with every directive that needs it."""

    name: str
    required_by: list[str]


class DependencyReport(Record):
    """What all directives need, each thing counted once."""

    total_dependencies: int
    installed: int
    missing: int
    by_type: dict[str, int]
    missing_list: list[MissingDependency]


class ErrorDirective(Record):
    """A directive that was stopped after failures."""

    id: int
    name: str
    status: DirectiveStatus
    error_count_24h: int
    last_error: str | None
    last_execution: str | None


class ErrorReport(Record):
    """Every directive that was stopped after failures."""

    error_directives: list[ErrorDirective]
    count: int


class StaleDirective(DirectiveBrief):
    """A directive that has been silent; on_schedule: by its due times it had to be."""

    last_execution: str | None
    days_since: float | None
    never_run: bool
    on_schedule: bool
