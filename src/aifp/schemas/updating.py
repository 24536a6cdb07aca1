"""What applying an edited source file answers."""

from typing import Literal

from aifp.schemas.common import Record
from aifp.schemas.words import DirectiveStatus


class UpdatedDirective(Record):
    """One directive whose text changed, and where it stands now."""

    name: str
    previous_status: DirectiveStatus
    status: DirectiveStatus
    note: str
    applied: bool = True


class UpdateReport(Record):
    """What differs between a source file and what is stored, and what was done about it."""

    success: bool
    dry_run: bool
    changed: list[UpdatedDirective]
    added: list[str]
    removed: list[str]
    diff: str
    errors: list[str] = []


class ConfigurationUpdated(Record):
    """What a new configuration changed, as dotted paths, and where the directive stands now."""

    success: Literal[True] = True
    updated_fields: list[str]
    status: DirectiveStatus
    open_questions: list[str] = []
    note: str | None = None
