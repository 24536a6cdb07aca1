"""What project.db says: where the project stands, its code, its path, its notes."""

from typing import Literal

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.words import (
    FileKind,
    NoteSource,
    ProjectState,
    Severity,
    Stage,
    StageStatus,
    TaskStatus,
    UserDirectivesStatus,
)


class StageCount(Record):
    """One stage of the path: how many directives have passed it."""

    stage: Stage
    status: StageStatus
    completed: int
    total: int


class ProjectStatus(Record):
    """Where the project stands."""

    status: ProjectState | None
    user_directives_status: UserDirectivesStatus | None
    stages: list[StageCount]
    open_tasks: int


class Infrastructure(Record):
    """One thing the project stands on."""

    type: str
    value: str
    description: str


class ProjectContext(Record):
    """What the project is about."""

    name: str | None
    purpose: str
    goals: list[str]
    version: int | None
    timezone: str | None
    user_directives_status: UserDirectivesStatus | None
    infrastructure: list[Infrastructure]


class Task(Record):
    """Something to be done; it closes by itself when its cause is gone."""

    id: int
    name: str
    description: str
    status: TaskStatus
    priority: int
    created_at: str
    closed_at: str | None


class DirectiveAtStage(Record):
    """How far one directive is with one stage, and what it waits for there."""

    directive: str
    status: StageStatus
    completed_at: str | None
    tasks: list[Task]


class StageBranch(Record):
    """One stage with every directive."""

    stage: Stage
    status: StageStatus
    directives: list[DirectiveAtStage]


class StatusTree(Record):
    """The stages, the directives in each, and their open tasks."""

    user_directives_status: UserDirectivesStatus | None
    stages: list[StageBranch]


class PathStage(StageCount):
    """One stage as the completion path lists it."""

    description: str


class DirectiveProgress(Record):
    """How many stages one directive has passed."""

    directive: str
    progress: str


class CompletionPath(Record):
    """The way of all directives from their file to being watched."""

    path: list[PathStage]
    current_stage: Stage | None
    overall_progress: str
    directives: list[DirectiveProgress]


class ProjectFile(Record):
    """One file that aifp knows of."""

    id: int
    path: str
    language: str
    kind: FileKind
    directive_name: str | None
    generated: bool
    exists_on_disk: bool
    checksum: str
    updated_at: str


class ProjectFunction(Record):
    """One function of the project's code, as its source says."""

    id: int
    file_path: str
    name: str
    signature: str
    purpose: str
    parameters: list[JsonMap]
    returns: str | None
    is_pure: bool
    is_entry_point: bool
    directive_name: str | None
    line: int
    calls: list[str]


class Note(Record):
    """One note about the project."""

    id: int
    content: str
    note_type: str
    source: NoteSource
    severity: Severity
    directive_name: str | None
    created_at: str


class NoteAdded(Record):
    """The note is kept."""

    success: Literal[True] = True
    note_id: int
