"""What a strategy's cases come to: counts, score and verdict."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aifp.schemas.testing import CaseResult, TestReport
from aifp.schemas.words import TestStrategy

# Replay (T07): the runs looked at, and how many of them must have gone well.
REPLAY_WINDOW = timedelta(days=30)
REPLAY_MOST, REPLAY_LEAST = 50, 10
REPLAY_RATE = 0.90
# Synthetic (T11).
SYNTHETIC_RATE = 0.90
# Shadow (T09): within a day, or until there are ten, for two weeks at most.
SHADOW_RATE = 0.95
SHADOW_LEAST = 10
SHADOW_WINDOW, SHADOW_LONGEST = timedelta(hours=24), timedelta(days=14)
INSUFFICIENT = "insufficient_data"
# Cases kept with a report; what went wrong comes first.
KEPT = 60
COUNT_WORDS = "cases agreements disagreements successes failures regressions improvements"
COUNTED = COUNT_WORDS.split()


def summed(
    strategy: TestStrategy, numbers: tuple[int, int | None], cases: Sequence[CaseResult]
) -> TestReport:
    """Count cases; `numbers` are those of the tested version and of the one it is compared with."""
    good = sum(case.verdict in ("same", "improved") for case in cases)
    version, baseline = numbers
    return TestReport(
        version_number=version,
        baseline_version_number=baseline,
        strategy=strategy,
        cases=len(cases),
        agreements=good,
        disagreements=len(cases) - good,
        successes=sum(case.passed for case in cases),
        failures=sum(not case.passed for case in cases),
        regressions=sum(case.verdict == "regression" for case in cases),
        improvements=sum(case.verdict == "improved" for case in cases),
        details=_worst_first(cases),
    )


def added(report: TestReport, case: CaseResult) -> TestReport:
    """Return a report with one more case."""
    one = summed(report.strategy, (report.version_number, None), [case])
    counts = {name: getattr(report, name) + getattr(one, name) for name in COUNTED}
    return report.model_copy(update={**counts, "details": _worst_first([*report.details, case])})


def judged_replay(report: TestReport, past_successes: int) -> TestReport:
    """Judge a replay: 0.90 of the cases go as before, and none that went well fails."""
    if past_successes < REPLAY_LEAST:
        told = f"{INSUFFICIENT}: {past_successes} past successes, {REPLAY_LEAST} are needed"
        return report.model_copy(update={"verdict": told})
    score = report.agreements / report.cases
    return _judged(report, score, passed=score >= REPLAY_RATE and report.regressions == 0)


def judged_synthetic(report: TestReport) -> TestReport:
    """Judge made-up cases: 0.90 of them pass, and none that passed before fails."""
    if report.cases == 0:
        told = f"{INSUFFICIENT}: no cases; declare TEST_CASES, or give tests"
        return report.model_copy(update={"verdict": told})
    score = report.successes / report.cases
    return _judged(report, score, passed=score >= SYNTHETIC_RATE and report.regressions == 0)


def judged_shadow(report: TestReport, begun: datetime, now: datetime) -> tuple[TestReport, bool]:
    """Judge the runs shadowed so far, and say whether the watching is over."""
    age, enough = now - begun, report.cases >= SHADOW_LEAST
    over = age >= SHADOW_LONGEST or (age >= SHADOW_WINDOW and enough)
    if not enough:
        told = f"{INSUFFICIENT}: {report.cases} runs shadowed, {SHADOW_LEAST} are needed"
        return report.model_copy(update={"verdict": told, "passed": None}), over
    score = report.agreements / report.cases
    return _judged(report, score, passed=score >= SHADOW_RATE), over


def _worst_first(cases: Sequence[CaseResult]) -> list[CaseResult]:
    return sorted(cases, key=lambda case: case.verdict in ("same", "improved"))[:KEPT]


def _judged(report: TestReport, score: float, *, passed: bool) -> TestReport:
    counts = f"{report.agreements} of {report.cases} as they must"
    if report.strategy == "synthetic":
        counts = f"{report.successes} of {report.cases} passed"
    more = f", {report.regressions} worse than before" if report.regressions else ""
    verdict = f"{'passed' if passed else 'failed'}: {counts}{more}"
    return report.model_copy(update={"score": score, "passed": passed, "verdict": verdict})
