"""How a deployment does, as `get_deployment_health` shows it."""

from aifp.schemas.common import Record
from aifp.schemas.testing import TestReport
from aifp.schemas.words import Actor, DeploymentType, HealthSeverity, HealthVerdict, MonitorState


class SideHealth(Record):
    """The runs of one side of a deployment that say something about the code."""

    runs: int
    success_rate: float | None
    mean_ms: float | None


class DeploymentFacts(Record):
    """What is in force, since when, and why."""

    version_number: int
    deployment_type: DeploymentType
    deployed_at: str
    deployed_by: Actor
    reason: str | None


class HealthWindow(Record):
    """How long a deployment is watched: until it has run enough, at least and at most so long."""

    state: MonitorState
    min_runs: int
    closes_after: str
    closes_at_last: str


class HealthNote(Record):
    """What one earlier look found."""

    checked_at: str
    current_runs: int
    current_success_rate: float | None
    verdict: HealthVerdict
    severity: HealthSeverity
    cause: str | None


class DeploymentHealth(Record):
    """A deployment against what ran before it; `not_counted` runs failed for other reasons.

    checks: what earlier looks found. tests: what tests found about the version in force.
    """

    deployment: DeploymentFacts
    baseline: SideHealth
    current: SideHealth
    not_counted: int
    verdict: HealthVerdict
    severity: HealthSeverity
    cause: str | None
    success_drop: float | None
    duration_change: float | None
    window: HealthWindow
    checks: list[HealthNote]
    tests: list[TestReport]
