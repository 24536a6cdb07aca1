"""The names automation code imports as `aifp_guest`."""

from aifp.server.sandbox.guest.context import Ctx
from aifp.server.sandbox.guest.errors import (
    HostError,
    HttpStatus,
    LimitExceeded,
    NotGranted,
    Stop,
)

__all__ = ["Ctx", "HostError", "HttpStatus", "LimitExceeded", "NotGranted", "Stop"]
