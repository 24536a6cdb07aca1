"""Move the clock of a test; in a real run only the host's answers move it."""

import json
import time
from collections.abc import Callable
from datetime import datetime

from aifp.server.sandbox.guest.plain import JsonMap

_send: list[Callable[[str], str]] = []


def install(send: Callable[[str], str]) -> None:
    """Remember the way to the worker, which owns the clock."""
    _send.append(send)


def move_to(instant: str) -> None:
    """Set the clock to an ISO time."""
    _set(datetime.fromisoformat(instant).timestamp())


def wait(arguments: JsonMap) -> None:
    """Let a recorded sleep take its time."""
    until, seconds = arguments.get("until"), arguments.get("seconds")
    if isinstance(until, str):
        _wait_until(until)
    elif isinstance(seconds, (int, float)):
        _set(time.time() + seconds)


def _wait_until(text: str) -> None:
    try:
        target = datetime.fromisoformat(text).timestamp()
    except ValueError:
        return
    _set(max(target, time.time()))


def _set(seconds: float) -> None:
    _send[-1](json.dumps({"clock_us": round(seconds * 1_000_000)}))
