"""Requests to a person, and what became of them."""

from typing import Literal

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.subjects import Subject
from aifp.schemas.words import ApprovalSubject, Authorization


class NewRequest(Record):
    """A question to a person about exactly one hash."""

    subject: Subject
    release_sha256: str
    directive_sha256: str | None = None
    code_sha256: str | None = None
    permissions_sha256: str | None = None
    text: str
    expires_at: str


class PendingApproval(Record):
    """One open request as the tools list it."""

    id: int
    subject_kind: ApprovalSubject
    subject: str
    summary: str
    requested_at: str
    expires_at: str
    command: str


class Approved(Record):
    """A person said yes, now or before."""

    success: Literal[True] = True
    approved: Literal[True] = True
    approval_id: int


class PendingDecision(Record):
    """Nobody could be asked here; the person decides with the command."""

    success: Literal[False] = False
    approved: Literal[False] = False
    pending_approval: Literal[True] = True
    approval_id: int
    command: str


class ToolStanding(Record):
    """Whether a tool of the user's own may run."""

    success: Literal[True] = True
    name: str
    status: Authorization


class Revoked(Record):
    """The approval was taken back."""

    success: Literal[True] = True
    approved: Literal[False] = False
    details: JsonMap = {}
