"""Synthetic tests: declared cases, tests and made-up inputs, in the sandbox with mock answers."""

from collections.abc import AsyncGenerator

from aifp.helpers.lifecycle.internal.cases import faults_of, generated_inputs
from aifp.helpers.lifecycle.internal.equality import differences
from aifp.helpers.lifecycle.internal.test_reports import judged_synthetic, summed
from aifp.schemas.artifacts import TestCase
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx
from aifp.schemas.sandbox import HostCall
from aifp.schemas.testing import CaseResult, CaseVerdict, TestReport
from aifp.schemas.workflow import TestResult
from aifp.server.engine.driving.code_tests import results_of_tests
from aifp.server.engine.driving.mocked_answers import Mocked
from aifp.server.engine.driving.recorded_effects import effects_differ, effects_of
from aifp.server.engine.driving.tested import Code, Tested
from aifp.server.engine.driving.trying import TIMEOUTS, Tried, made_up_job, try_job

# Differences told of one case.
SHOWN = 8
Cases = AsyncGenerator[CaseResult]


class Synthetic:
    """One synthetic test of a version, beside the version in force."""

    def __init__(self, ctx: Ctx, tested: Tested) -> None:
        self._ctx, self._tested = ctx, tested
        self._new, self._old = tested.code, tested.before
        self._now = ctx.clock.now()
        self._timeouts = 0
        self.calls: list[HostCall] = []

    async def run(self) -> TestReport:
        """Try every case with both versions and report how the new one did."""
        cases = [case async for case in self._cases()] if self._can_tell() else []
        return judged_synthetic(summed("synthetic", self._tested.numbers, cases))

    def _can_tell(self) -> bool:
        """Say whether anything tells what is right: a case, a test or the version in force."""
        return bool(self._old or self._new.tests or self._new.cases)

    async def _cases(self) -> Cases:
        for source in (self._loads(), self._tests(), self._declared(), self._made_up()):
            async for case in source:
                yield case
                if self._timeouts >= TIMEOUTS:
                    return

    async def _loads(self) -> Cases:
        """Load the code; what does not load passes no other case either."""
        job = await made_up_job(self._ctx, self._new.release, {}, self._now)
        tried = await try_job(self._ctx, job.model_copy(update={"mode": "load"}), Mocked())
        faults = [] if tried.ok else [f"{tried.error_type}: {tried.error}"]
        yield _case("the code loads", faults, passed_before=True if self._old else None)

    async def _tests(self) -> Cases:
        """Run the tests of both versions over the new code, and those of the old one before."""
        ctx, new, old = self._ctx, self._new, self._old
        for test in await results_of_tests(ctx, new.release, new.tests):
            yield _case(f"test {test.name}", _error_of(test), passed_before=None)
        if old is None or not old.tests or old.tests == new.tests:
            return
        before = await results_of_tests(ctx, old.release, old.tests)
        passed = {test.name for test in before if test.passed}
        for test in await results_of_tests(ctx, new.release, old.tests):
            name = f"test {test.name} of the version in force"
            # What did not even run before cannot be worse now.
            yield _case(name, _error_of(test), passed_before=test.name in passed)

    async def _declared(self) -> Cases:
        """Try the declared cases of both versions: dropping one does not make it go away."""
        own = self._new.cases
        theirs = [case for case in self._old.cases if case not in own] if self._old else []
        for number, case in enumerate([*own, *theirs], start=1):
            tried = await self._try(self._new, case.input, case)
            faults = faults_of(case, tried.result, tried.error_type)
            passed_before = None
            if self._old is not None:
                old = await self._try(self._old, case.input, case)
                passed_before = not faults_of(case, old.result, old.error_type)
            name = f"case {number}" + (f": {case.description}" if case.description else "")
            yield _case(name, faults, passed_before=passed_before)

    async def _made_up(self) -> Cases:
        """Try made-up inputs: what ended well with the version in force must do so again.

        Nobody declared what must come of them, so another result is told and fails nothing.
        """
        for given in generated_inputs((self._old or self._new).parameters):
            tried = await self._try(self._new, given, None)
            name = f"input {given}"
            if self._old is None:
                faults = [f"ended at a limit: {tried.error}"] if tried.hard else []
                yield _case(name, faults, passed_before=None)
                continue
            old = await self._try(self._old, given, None)
            if old.ok and not tried.ok:
                faults = [f"fails now with {tried.error_type}: {tried.error}"]
                yield _case(name, faults, passed_before=True)
                continue
            case = _case(name, [], passed_before=old.ok or not tried.ok)
            notes = self._changes(old, tried) if old.ok else []
            yield case.model_copy(update={"told": notes[:SHOWN]})

    async def _try(self, code: Code, given: JsonMap, case: TestCase | None) -> Tried:
        job = await made_up_job(self._ctx, code.release, given, self._now)
        tried = await try_job(self._ctx, job, Mocked(case.answers if case else ()))
        self._timeouts += tried.timed_out
        if code is self._new:
            self.calls += tried.calls
        return tried

    def _changes(self, old: Tried, new: Tried) -> list[str]:
        """Return what a run does otherwise than the version in force; both ended well."""
        changed = effects_differ(effects_of(old.calls), effects_of(new.calls))
        return [*changed, *differences(old.result, new.result, self._tested.may).told()]


def _error_of(test: TestResult) -> list[str]:
    return [] if test.passed else [test.error or "failed"]


def _case(name: str, faults: list[str], *, passed_before: bool | None) -> CaseResult:
    verdict: CaseVerdict = "same"
    if faults:
        verdict = "regression" if passed_before else "other"
    elif passed_before is False:
        verdict = "improved"
    return CaseResult(case=name[:200], verdict=verdict, passed=not faults, told=faults[:SHOWN])
