"""Statistics of runs; counted from live runs only."""

from typing import Literal

from aifp.schemas.common import Record
from aifp.schemas.words import RunStatus


class OtherOutcomes(Record):
    """Outcomes that count neither as success nor as failure."""

    skipped: int
    missed: int
    cancelled: int
    interrupted: int
    waiting_for_approval: int


class ExecutionStats(Record):
    """How often a directive ran and how well."""

    found: Literal[True] = True
    directive_id: int
    directive_name: str
    total_executions: int
    successful_executions: int
    failed_executions: int
    last_execution: str | None
    last_status: RunStatus | None
    average_duration_ms: float | None
    success_rate: float | None
    other_outcomes: OtherOutcomes


class DayStats(Record):
    """One day of a period."""

    date: str
    total_executions: int
    success_rate: float | None
    average_duration_ms: float | None


class ExecutionTrends(Record):
    """How a period went, day by day, oldest first."""

    period: str
    daily_stats: list[DayStats]
    trending_up: bool
    most_active_directive: str | None
