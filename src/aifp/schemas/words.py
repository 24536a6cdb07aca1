"""Every closed list of words; each equals the CHECK of the column that stores it."""

from typing import Literal

DirectiveStatus = Literal[
    "draft", "validated", "implemented", "active", "paused", "error", "archived"
]
DirectiveType = Literal["trigger", "schedule", "api", "conditional", "sequence"]
PauseCause = Literal["user", "file_deleted", "approval_void", "dependency_missing"]
SourceFormat = Literal["yaml", "json", "txt"]
ParseStatus = Literal["parsed", "error"]
Severity = Literal["error", "warning", "info"]
Actor = Literal["user", "ai", "system", "auto_cleanup", "import"]
CatchUp = Literal["none", "last", "all"]
Overlap = Literal["single", "restart", "queued", "parallel"]
DependencyType = Literal[
    "python_package", "system_package", "api_key", "environment_var", "service"
]
ImplementationStatus = Literal["draft", "validated", "deployed", "failed"]
TestStatus = Literal["passing", "failing", "pending", "skipped"]
TestSource = Literal["reported", "engine"]
ArtifactKind = Literal["implementation", "user_tool", "manifest_tool"]
ArtifactStatus = Literal["active", "deleted", "archived", "deprecated"]
Authorization = Literal["pending", "approved", "disabled", "revoked"]
EffectClass = Literal["read_only", "idempotent", "side_effects", "destructive", "unknown"]
Risk = Literal["low", "medium", "high"]
VersionState = Literal["draft", "tested", "approved", "rejected", "load_failed"]
VersionReason = Literal[
    "initial", "bug_fix", "performance", "enhancement", "manual_edit", "rollback", "restore"
]
DeploymentType = Literal["new", "improvement", "rollback", "restore"]
MonitorState = Literal["active", "completed", "rolled_back"]
HealthSeverity = Literal["none", "medium", "high", "critical"]
HealthVerdict = Literal["keep", "flag", "rollback", "insufficient_data"]
TestStrategy = Literal["replay", "shadow", "synthetic", "manual"]
ReplaySource = Literal["recorded", "declared"]
# What happens to a tool, as its events name it.
ToolEvent = Literal[
    "created",
    "changed",
    "deleted",
    "restored",
    "archived",
    "deprecated",
    "purged",
    "deployed",
    "rolled_back",
]
FileRole = Literal["implementation", "helper", "test", "manifest"]
ApprovalSubject = Literal[
    "directive",
    "artifact",
    "worker_definition",
    "dependency",
    "run",
    "grant",
    "overwrite",
    "archive_duplicate",
    "waive_tests",
    "destroy_state",
]
Decision = Literal["pending", "approved", "rejected", "revoked", "expired", "superseded"]
ApprovalState = Literal["none", "pending", "approved", "rejected", "revoked", "expired"]
Channel = Literal["elicitation", "cli"]
GrantSubject = Literal["directive", "artifact", "worker_definition", "pool", "queue"]
GrantEffect = Literal["allow", "deny"]
Resource = Literal[
    "network",
    "host",
    "notify",
    "command",
    "file_read",
    "file_write",
    "tool",
    "worker",
    "secret",
    "data_source",
    "state_mb",
    "storage_mb",
    "cpu_percent",
    "memory_mb",
    "timeout_s",
    "output_mb",
    "rate",
    "concurrency",
    "rpm",
    "tpm",
    "tpd",
    "cost",
]
OwnerKind = Literal["directive", "artifact", "worker"]
RunKind = Literal["directive", "tool", "task", "test", "maintenance"]
RunMode = Literal["live", "dry_run", "replay", "shadow"]
TriggerSource = Literal[
    "schedule",
    "trigger",
    "api",
    "condition",
    "manual",
    "catch_up",
    "external",
    "tool",
    "task",
    "system",
]
RunStatus = Literal[
    "queued",
    "running",
    "waiting_for_approval",
    "success",
    "failure",
    "timeout",
    "skipped",
    "missed",
    "cancelled",
    "interrupted",
]
HostFunction = Literal[
    "http", "notify", "command", "file", "tool", "state", "ask_worker", "sleep", "log"
]
StepStatus = Literal["started", "ok", "error", "denied", "simulated"]
RollupSubject = Literal["project", "directive", "artifact", "worker_definition"]
LogType = Literal["execution", "error", "lifecycle"]
AlertSeverity = Literal["info", "warning", "critical"]
AlertState = Literal["open", "acknowledged", "resolved"]
OutboxTarget = Literal["project"]
ProjectState = Literal["active", "paused", "completed", "abandoned"]
UserDirectivesStatus = Literal["in_progress", "active", "disabled"]
FileKind = Literal["implementation", "test", "directive_source", "user_tool", "other"]
InteractionType = Literal["call"]
Stage = Literal["parse", "validate", "implement", "approve", "activate", "monitor"]
StageStatus = Literal["pending", "in_progress", "completed"]
TaskStatus = Literal["pending", "in_progress", "completed", "blocked"]
NoteSource = Literal["user", "ai", "directive"]
SystemDirectiveType = Literal["system"]
PreferenceKey = Literal[
    "execution.timeout_s",
    "execution.max_concurrency",
    "execution.rate_limit",
    "execution.catch_up",
    "execution.overlap",
    "approval.each_run",
    "logging.execution_tracking",
]
