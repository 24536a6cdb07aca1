"""What a sync of tool files found, and how tools and their files stand to each other."""

from typing import Literal

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.words import (
    Actor,
    AlertSeverity,
    ArtifactKind,
    ArtifactStatus,
    Authorization,
    EffectClass,
    VersionState,
)

IssueType = Literal["orphaned_files", "file_modified", "missing_files", "unknown_baseline"]


class SyncAlert(Record):
    """An alert that a sync raised."""

    severity: AlertSeverity
    code: str
    tool: str
    message: str


class SyncReport(Record):
    """What a sync found different, by tool name, and what it raised for people to look at."""

    newly_deleted: list[str]
    restored: list[str]
    new_manual_tools: list[str]
    changed: list[str]
    alerts: list[SyncAlert]


class SyncIssue(Record):
    """One way in which the files are not what is known of them."""

    type: IssueType
    message: str
    tool: str | None = None
    tools: list[str] = []


class SyncStatus(Record):
    """Whether the files are what is known of them."""

    in_sync: bool
    issues: list[SyncIssue]


class ChangeState(Record):
    """Whether the file of one tool is what was last seen of it."""

    changed: bool | Literal["unknown"]
    reason: Literal["not_loaded", "no_baseline", "file_modified", "file_missing"] | None = None
    diff: str | None = None


class ToolStatistics(Record):
    """How much an artifact was used over its whole life, and how well that went."""

    total_executions: int
    success_rate: float | None
    last_used: str | None


class ToolStatisticsAnswer(ToolStatistics):
    """The uses of a tool with its standing; deleted tools have one too."""

    name: str
    kind: ArtifactKind
    status: ArtifactStatus
    authorization: Authorization
    versions: int


class ToolListing(Record):
    """One tool as lists show it; `load_failed` is the state of a file that can be no tool."""

    name: str
    kind: ArtifactKind
    path: str | None
    description: str | None
    status: ArtifactStatus
    status_changed_at: str
    status_reason: str | None
    authorization: Authorization
    effect_class: EffectClass
    origin: Actor
    version_number: int | None
    version_state: VersionState | None
    problem: str | None = None
    successor: str | None = None
    migration_note: str | None = None


class LifecycleEvent(Record):
    """One thing that happened to a tool."""

    event_id: int
    tool_name: str
    event_type: str
    event_time: str
    reason: str | None
    metadata: JsonMap
    triggered_by: Actor
