"""Answers for made-up runs: declared ones first, else empty ones of the usual shape."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import JsonValue

from aifp.helpers.lifecycle.internal.cases import fits
from aifp.schemas.sandbox import HostCall
from aifp.schemas.testing import MockedCall
from aifp.server.engine.driving.effects import stub
from aifp.server.engine.driving.recorded_effects import Reply

# A made-up sleep moves the clock by no more.
LONGEST_SLEEP_S = 31 * 86_400


class Mocked:
    """Answers as a case declares it; memory works as in a run and is gone with it."""

    def __init__(self, declared: Sequence[MockedCall] = ()) -> None:
        self._declared = list(declared)
        self._memory: dict[str, JsonValue] = {}

    def reply(self, call: HostCall, now: datetime) -> Reply:
        """Answer with the first declared answer that fits; of several the last one stays."""
        fitting = [answer for answer in self._declared if fits(answer, call)]
        if fitting:
            answer = fitting[0]
            if len(fitting) > 1:
                self._declared.remove(answer)
            return Reply(answer.value, answer.error_type, answer.error)
        if call.function == "sleep":
            return Reply(at=now + _length(call.arguments.get("seconds")))
        if call.function == "state":
            return self._state(call)
        return Reply(stub(call))

    def _state(self, call: HostCall) -> Reply:
        key, value = str(call.arguments.get("key")), call.arguments.get("value")
        match call.arguments.get("op"):
            case "get":
                return Reply(self._memory.get(key))
            case "set":
                self._memory[key] = value
            case "delete":
                self._memory.pop(key, None)
            case _:
                return Reply(stub(call))
        return Reply()


def _length(seconds: JsonValue) -> timedelta:
    given = float(seconds) if isinstance(seconds, int | float) else 0.0
    return timedelta(seconds=min(max(given, 0.0), LONGEST_SLEEP_S))
