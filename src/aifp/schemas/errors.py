"""Every error this product raises on purpose; `code` is stable, the text is for people."""

from aifp.schemas.common import JsonMap


class AifpError(Exception):
    """Base of all deliberate errors; details travel to the assistant as they are."""

    code = "internal"

    def __init__(self, text: str, **details: object) -> None:
        super().__init__(text)
        self.details: JsonMap = details  # pyright: ignore[reportAttributeAccessIssue]


class NoSuch(AifpError):
    """The named thing does not exist."""

    code = "not_found"


class InvalidArgument(AifpError):
    """An argument or a file cannot be taken as it is."""

    code = "invalid_argument"


class InvalidTransition(AifpError):
    """The state machine has no such edge."""

    code = "invalid_transition"


class ApprovalRequired(AifpError):
    """A person has not approved exactly this release."""

    code = "approval_required"


class ApprovalRejected(AifpError):
    """A person declined."""

    code = "approval_rejected"


class Conflict(AifpError):
    """Something else changed the same thing meanwhile."""

    code = "conflict"


class DependencyMissing(AifpError):
    """A package, program, secret or service is not there."""

    code = "dependency_missing"


class FileMissing(AifpError):
    """A file is gone, or is not where it must be."""

    code = "file_missing"


class NotGranted(AifpError):
    """The approved release does not grant this."""

    code = "not_granted"


class LimitExceeded(AifpError):
    """A size, rate or time limit was reached."""

    code = "limit_exceeded"


class Unavailable(AifpError):
    """A part of the product is not running or not built in."""

    code = "unavailable"


class NeedsInput(BaseException):
    """A question travels to the person; the call is made again with the answer.

    A BaseException, so that no helper's error handling can swallow it.
    """

    def __init__(self, key: str, message: str, schema: JsonMap) -> None:
        super().__init__(message)
        self.key, self.message, self.schema = key, message, schema
