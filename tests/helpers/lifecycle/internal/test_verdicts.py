"""When a deployment is kept, flagged or rolled back, by its numbers alone."""

from fractions import Fraction

import pytest

from aifp.helpers.lifecycle.internal.verdicts import (
    Bounds,
    RecentRun,
    Side,
    fast_path,
    judge,
    severity_of,
    wilson_upper,
)

LEAST = Fraction(15, 100)
OK, BAD = RecentRun(failed=False), RecentRun(failed=True, error_type="ValueError")
BY_TYPE = RecentRun(failed=True, error_type="TypeError")
BY_ATTRIBUTE = RecentRun(failed=True, error_type="AttributeError")


def of(successes: int, runs: int, mean_ms: float | None = None) -> Side:
    return Side(runs, successes, mean_ms)


@pytest.mark.req("T14")
@pytest.mark.parametrize(
    ("drop", "severity"),
    [
        ("0.1499", "none"),
        ("0.15", "medium"),
        ("0.1999", "medium"),
        ("0.20", "high"),
        ("0.2999", "high"),
        ("0.30", "critical"),
        ("1", "critical"),
        ("-0.5", "none"),
    ],
)
def test_the_fall_of_the_rate_has_three_steps(drop: str, severity: str) -> None:
    assert severity_of(Fraction(drop), LEAST) == severity


@pytest.mark.req("T14")
@pytest.mark.parametrize(
    ("before", "now", "severity", "verdict"),
    [
        # 10 runs: the bound lies far above the rate.
        (of(10, 10), of(9, 10), "none", "keep"),
        (of(10, 10), of(8, 10), "high", "rollback"),
        (of(9, 10), of(8, 10), "none", "keep"),
        (of(8, 10), of(6, 10), "high", "flag"),
        (of(8, 10), of(5, 10), "critical", "rollback"),
        # 20 runs: exactly 0.15 in binary would be a hair less.
        (of(19, 20), of(16, 20), "medium", "rollback"),
        (of(13, 20), of(10, 20), "medium", "flag"),
        (of(20, 20), of(17, 20), "medium", "rollback"),
        # 100 runs: every fall that counts is sure.
        (of(95, 100), of(81, 100), "none", "keep"),
        (of(95, 100), of(80, 100), "medium", "rollback"),
        (of(95, 100), of(75, 100), "high", "rollback"),
        (of(95, 100), of(65, 100), "critical", "rollback"),
    ],
)
def test_a_fall_that_chance_explains_is_only_flagged(
    before: Side, now: Side, severity: str, verdict: str
) -> None:
    made = judge(before, now, Bounds())
    assert (made.severity, made.verdict) == (severity, verdict)
    assert before.rate is not None
    if severity != "none":
        sure = wilson_upper(now.successes, now.runs) < before.rate
        assert (verdict == "rollback") == sure
        assert made.cause == "success_drop"


@pytest.mark.req("T14")
@pytest.mark.parametrize(
    ("successes", "runs", "bound"),
    [(0, 10, 0.2130), (8, 10, 0.9314), (10, 10, 1.0), (50, 100, 0.5812)],
)
def test_the_bound_is_wilsons(successes: int, runs: int, bound: float) -> None:
    assert wilson_upper(successes, runs) == pytest.approx(bound, abs=0.0005)


@pytest.mark.req("T13")
@pytest.mark.parametrize(
    ("before", "now"), [(of(9, 9), of(0, 10)), (of(10, 10), of(0, 9)), (of(0, 0), of(0, 50))]
)
def test_each_side_needs_its_runs(before: Side, now: Side) -> None:
    assert judge(before, now, Bounds()).verdict == "insufficient_data"


@pytest.mark.req("T14")
def test_code_that_became_slow_is_flagged_and_never_rolled_back() -> None:
    slow = judge(of(10, 10, 100.0), of(10, 10, 300.0), Bounds())
    assert (slow.verdict, slow.severity, slow.cause) == ("flag", "medium", "slower")
    assert slow.duration_change == pytest.approx(2.0)
    assert judge(of(10, 10, 100.0), of(10, 10, 299.0), Bounds()).verdict == "keep"
    assert judge(of(10, 10, None), of(10, 10, 299.0), Bounds()).duration_change is None


def test_a_deployment_is_judged_by_its_own_bounds() -> None:
    strict = Bounds(min_runs=5, drop_threshold=0.4)
    assert judge(of(5, 5), of(4, 5), strict).verdict == "keep"
    assert judge(of(5, 5), of(1, 5), strict).severity == "critical"


@pytest.mark.req("T15")
@pytest.mark.parametrize(
    ("since", "before", "cause"),
    [
        ([BY_TYPE, BY_TYPE, BY_ATTRIBUTE], [OK], "signature_change"),
        ([BY_TYPE, BAD, BY_TYPE], [OK], "consecutive_failures"),
        ([BAD, BAD, BAD, OK], [BAD, BAD, OK], "consecutive_failures"),
        ([BAD, BAD], [OK, OK, OK], None),
        ([OK, BAD, BAD, BAD], [OK, OK, OK], None),
        ([BAD, BAD, BAD], [BAD, BAD, BAD, OK], None),
        ([BAD, BAD, BAD], [], None),
        ([BAD] * 5, [BAD, BAD, BAD], "complete_failure"),
        ([BAD] * 5, [], "complete_failure"),
        ([BAD] * 4, [], None),
        ([BAD] * 5 + [OK], [BAD, BAD, BAD], None),
    ],
)
def test_plainly_broken_code_is_known_after_three_runs(
    since: list[RecentRun], before: list[RecentRun], cause: str | None
) -> None:
    assert fast_path(since, before) == cause
