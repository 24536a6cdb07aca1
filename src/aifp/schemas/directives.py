"""Directives as the tools answer them."""

from typing import Literal

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.words import ApprovalState, DirectiveStatus, DirectiveType, PauseCause


class DirectiveBrief(Record):
    """One directive in a list."""

    id: int
    name: str
    source_file: str
    directive_type: DirectiveType
    trigger: str
    action: str
    configuration_json: JsonMap
    status: DirectiveStatus
    approved: bool
    created_at: str
    approval_state: ApprovalState
    next_due_at: str | None


class Directive(DirectiveBrief):
    """One directive with everything known of it."""

    found: Literal[True] = True
    description: str | None
    domain: str | None
    priority: int
    timezone: str | None
    version: int
    status_reason: str | None
    pause_cause: PauseCause | None
    updated_at: str
    validated_at: str | None
    activated_at: str | None
    archived_at: str | None
    last_error: str | None


class StatusChanged(Record):
    """A directive has the asked-for status."""

    success: Literal[True] = True
    previous_status: DirectiveStatus
    new_status: DirectiveStatus


class Archived(Record):
    """A directive starts nothing any more; all that is known of it stays."""

    success: Literal[True] = True
    archived_date: str
