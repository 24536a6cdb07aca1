"""What the doors must know of every directive at a glance: names, files, and marks of change."""

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.words import ArtifactStatus, DirectiveStatus, EffectClass, SourceFormat


class Standing(Record):
    """One directive; equal records mean that nothing about it has changed but its runs."""

    name: str
    id: int
    status: DirectiveStatus
    version: int
    updated_at: str
    next_due_at: str | None
    approved: bool
    source_file: str
    source_format: SourceFormat
    source_sha256: str | None
    source_changed_at: str | None
    implementation_id: int | None
    implementation_file: str | None
    implemented_at: str | None


class OwnTool(Record):
    """One of the user's own tools that can be called now, as clients see it."""

    name: str
    description: str | None
    parameters: JsonMap
    effect_class: EffectClass
    status: ArtifactStatus
