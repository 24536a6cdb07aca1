"""What becomes of new code: proposed, asked about, in force, or refused with what is in the way."""

from typing import Literal

from aifp.schemas.common import Record
from aifp.schemas.differences import Overlap, ResolveOption
from aifp.schemas.words import ArtifactStatus

# What an answer says whose code was approved and does not load.
LOAD_FAILED = "Tool failed to load after deployment"
CONFLICT = "Conflict detected"
IssueType = Literal["file_modified", "file_missing", "version_newer"]


class Deployed(Record):
    """A version is in force; `backup` is the hash under which the bytes before are kept."""

    success: Literal[True] = True
    version_number: int
    backup: str | None = None
    note: str | None = None


class LoadFailed(Record):
    """A version was approved and does not load; what ran before runs on."""

    success: Literal[False] = False
    error: Literal["Tool failed to load after deployment"] = LOAD_FAILED
    version_number: int
    reason: str


class Proposed(Record):
    """A version waits for a person; what ran before runs on meanwhile."""

    success: Literal[False] = False
    pending_approval: Literal[True] = True
    version_number: int
    approval_id: int
    command: str
    note: str | None = None


class Unproven(Record):
    """A version lacks the tests that its class of code needs before anybody is asked.

    Only a person waives them, with the command.
    """

    success: Literal[False] = False
    error: str
    version_number: int
    missing: list[str]
    approval_id: int | None = None
    command: str | None = None


class ConflictIssue(Record):
    """One file that is not as it was when the new code was made."""

    type: IssueType
    path: str
    message: str


class DeployConflict(Record):
    """Somebody changed the file meanwhile: nothing was written, the proposal is kept."""

    success: Literal[False] = False
    error: Literal["Conflict detected"] = CONFLICT
    conflicts: list[ConflictIssue]
    suggestion: str
    version_id: int
    version_number: int
    resolution_options: list[ResolveOption]
    diff: str


DeployAnswer = Deployed | LoadFailed | Proposed | Unproven | DeployConflict


class ConflictResolved(Record):
    """What a choice about a conflict led to; overlaps are never applied."""

    success: bool
    action: Literal["aborted", "overwritten", "merged", "overlapping", "no_op"]
    diff: str
    overlaps: list[Overlap] = []
    merged: str | None = None
    outcome: DeployAnswer | None = None
    pending_approval: bool = False
    approval_id: int | None = None
    command: str | None = None


class RolledBack(Record):
    """An earlier release is in force again, as a new version."""

    success: Literal[True] = True
    version_number: int
    from_version: int
    restored_version: int
    backup: str | None = None


class Restored(Record):
    """A file lies there again; it is callable where a person approved these bytes."""

    success: Literal[True] = True
    path: str
    version_number: int
    callable: bool


class ToolStatusChanged(Record):
    """A tool has another status now."""

    success: Literal[True] = True
    previous_status: ArtifactStatus
    status: ArtifactStatus
