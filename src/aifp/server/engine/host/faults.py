"""How a host call fails, and how it waits."""

from datetime import datetime

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError, ApprovalRequired, NotGranted
from aifp.server.adapters.http import NetworkFault, TimedOut

# Directive-format 7: these answers are worth another attempt.
RETRIED_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


class HttpStatus(AifpError):
    """The reply's status is not one that the call expects."""

    code = "http_status"

    def __init__(self, text: str, status: int, retry_after_ms: int | None = None) -> None:
        super().__init__(text, status=status)
        self.status, self.retry_after_ms = status, retry_after_ms


class BadReply(AifpError):
    """The reply does not hold what the call asks of it."""

    code = "bad_reply"


class InputOutput(AifpError):
    """The disk did not do what was asked."""

    code = "io"


class ToolFailed(AifpError):
    """A tool that was called did not come to its end."""

    code = "tool_failed"


class Unrepeatable(Exception):
    """A step was begun, its outcome is unknown, and doing it twice could do harm."""


class Wait(Exception):
    """The call goes on at a later time; no process waits for it."""

    def __init__(self, until: datetime, tries: int = 0) -> None:
        super().__init__(until)
        self.until, self.tries = until, tries


def is_retried(fault: AifpError) -> bool:
    """Say whether another attempt may help."""
    if isinstance(fault, HttpStatus):
        return fault.status in RETRIED_STATUS
    return isinstance(fault, NetworkFault | TimedOut | InputOutput)


def failure_facts(fault: AifpError, *, final: bool) -> JsonMap:
    """Return what the record keeps of a failure, so that a resumed run decides the same."""
    facts: JsonMap = {"retry": is_retried(fault) and not final}
    if isinstance(fault, HttpStatus):
        facts["status"] = fault.status
        if fault.retry_after_ms is not None:
            facts["retry_after_ms"] = fault.retry_after_ms
    return facts


def is_denied(fault: AifpError) -> bool:
    """Say whether the fault is a refusal: by the grants, or by the gate of a called tool."""
    return isinstance(fault, NotGranted | ApprovalRequired)
