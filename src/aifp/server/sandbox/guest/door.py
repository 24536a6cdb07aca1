"""The one way out, whoever stands behind it: the host, or a test's recorded answers."""

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Protocol

from aifp.server.sandbox.guest.errors import host_error
from aifp.server.sandbox.guest.plain import Answer, Call, Json, to_json


class Door(Protocol):
    """Answers host calls, several at once when they run side by side."""

    def exchange(self, calls: Sequence[Call]) -> list[Answer]:
        """Return one answer for each call, in order."""
        ...


class HostDoor:
    """Hands calls to the host; what the release was not given is answered here."""

    def __init__(self, send: Callable[[str], str], granted: frozenset[str]) -> None:
        self._send = send
        self._granted = granted

    def exchange(self, calls: Sequence[Call]) -> list[Answer]:
        """Return one answer for each call, in order."""
        allowed = [call for call in calls if call.function in self._granted]
        answers = iter(self._ask(allowed) if allowed else [])
        return [
            next(answers) if call.function in self._granted else _denied(call.function)
            for call in calls
        ]

    def _ask(self, calls: Sequence[Call]) -> list[Answer]:
        wire = [{"function": call.function, "arguments": call.arguments} for call in calls]
        return json.loads(self._send(to_json(wire)))


class ClosedDoor:
    """Stands there while a module is imported: nothing may be called then."""

    def exchange(self, calls: Sequence[Call]) -> list[Answer]:
        """Refuse every call."""
        return [_denied(call.function) for call in calls]


def _denied(function: str) -> Answer:
    text = f"{function} was not granted to this code"
    return {"seq": None, "value": None, "error": text, "error_type": "NotGranted"}


_doors: list[Door] = [ClosedDoor()]


@contextmanager
def standing(door: Door) -> Generator[None]:
    """Let this door answer until the block is left."""
    _doors.append(door)
    try:
        yield
    finally:
        _doors.pop()


def exchange(calls: Sequence[Call]) -> list[Answer]:
    """Put calls through the present door."""
    return _doors[-1].exchange(calls)


def value_of(answer: Answer) -> Json:
    """Return the value of an answer, or raise its error."""
    if answer["error"] is None:
        return answer["value"]
    raise host_error(answer["error_type"], answer["error"], answer["seq"])


def call(request: Call) -> Json:
    """Put one call through the present door and wait for it."""
    return value_of(exchange([request])[0])
