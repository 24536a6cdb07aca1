"""What automation code may catch, and what it must not."""


class HostError(Exception):
    """A host call failed; error_type says how, step is its number in the record."""

    def __init__(self, error_type: str, message: str = "", step: int | None = None) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.step = step


class NotGranted(HostError):
    """The approved release does not grant this."""

    def __init__(self, message: str, step: int | None = None) -> None:
        super().__init__("NotGranted", message, step)


class HttpStatus(HostError):
    """The other side answered with a status that was not expected."""

    def __init__(self, message: str, step: int | None = None) -> None:
        super().__init__("HttpStatus", message, step)


class LimitExceeded(HostError):
    """A size, rate or time limit was reached."""

    def __init__(self, message: str, step: int | None = None) -> None:
        super().__init__("LimitExceeded", message, step)


class Stop(BaseException):
    """Ends the run here; a BaseException, so that no `except Exception` swallows it."""

    def __init__(self, reason: str, error: bool = False) -> None:  # noqa: FBT001
        super().__init__(reason)
        self.reason = reason
        self.error = error


class OutputFull(BaseException):
    """The run printed more than it may."""


KINDS: dict[str, type[NotGranted | HttpStatus | LimitExceeded]] = {
    "notgranted": NotGranted,
    "httpstatus": HttpStatus,
    "limitexceeded": LimitExceeded,
}


def host_error(error_type: str | None, message: str, step: int | None) -> HostError:
    """Return the exception for the error of an answer."""
    kind = KINDS.get((error_type or "").replace("_", "").lower())
    return kind(message, step) if kind else HostError(error_type or "HostError", message, step)
