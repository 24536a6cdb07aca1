"""Jobs and a host door for the tests of the sandbox."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, get_args

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.sandbox import HostAnswer, HostCall, Job, Limits
from aifp.schemas.words import HostFunction
from aifp.server.sandbox.confined.sandbox import ProcessSandbox
from aifp.server.sandbox.wasm import WasmSandbox

AnySandbox: TypeAlias = WasmSandbox | ProcessSandbox
START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
ALL: list[HostFunction] = list(get_args(HostFunction))


def job(
    code: str,
    *,
    functions: Sequence[HostFunction] = ALL,
    inputs: JsonMap | None = None,
    seed: str = "seed",
    **limits: int,
) -> Job:
    """A job whose module `porch_light` has the entry `execute`."""
    return Job(
        modules={"porch_light": code},
        main="porch_light",
        entry="execute",
        inputs=inputs or {},
        functions=list(functions),
        now=START,
        seed=seed,
        limits=Limits(**limits),
        needs=[],
    )


class Host:
    """A host door that answers from a function and remembers every batch."""

    def __init__(self, answer: Callable[[HostCall], JsonValue] = lambda call: None) -> None:
        self.answer = answer
        self.batches: list[list[HostCall]] = []
        self.now = START

    async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
        seq = sum(map(len, self.batches))
        self.batches.append(list(calls))
        return [self._answer(seq + place, call) for place, call in enumerate(calls, start=1)]

    def _answer(self, seq: int, call: HostCall) -> HostAnswer:
        self.now += timedelta(seconds=1)
        try:
            return HostAnswer(seq=seq, now=self.now, value=self.answer(call))
        except Refusal as refusal:
            text, kind = refusal.args
            return HostAnswer(seq=seq, now=self.now, error=text, error_type=kind)


class Refusal(Exception):
    """Makes the host answer with an error: text, error type."""
