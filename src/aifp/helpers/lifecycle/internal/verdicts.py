"""Judge a deployment by numbers alone: what ran before it against what ran since."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from aifp.helpers.lifecycle.internal.uses import exactly
from aifp.schemas.words import HealthSeverity, HealthVerdict

Cause = Literal[
    "success_drop",
    "slower",
    "signature_change",
    "consecutive_failures",
    "complete_failure",
]

# One-sided 95 %: by chance alone the true rate lies above the bound once in twenty times.
Z = 1.645
# How far the success rate may fall; where it begins to count, each deployment says itself.
HIGH, CRITICAL = Fraction(20, 100), Fraction(30, 100)
# A mean that grew by this much (2 is +200 %) is looked at, and never rolled back for.
SLOWER = 2.0
# Failures in a row that decide at once, and the runs after which nothing has ever worked.
IN_A_ROW, ALL_FAILED = 3, 5
# Errors of code that is called another way than it was written for.
SIGNATURE_ERRORS = frozenset({"TypeError", "AttributeError"})


@dataclass(frozen=True, slots=True)
class Side:
    """The runs of one side that say something about the code."""

    runs: int = 0
    successes: int = 0
    mean_ms: float | None = None

    @property
    def rate(self) -> Fraction | None:
        """Return the exact success rate; None without a run."""
        return Fraction(self.successes, self.runs) if self.runs else None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a deployment was promised to be judged by."""

    min_runs: int = 10
    drop_threshold: float = 0.15


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the numbers say, and why."""

    verdict: HealthVerdict
    severity: HealthSeverity = "none"
    cause: Cause | None = None
    success_drop: float | None = None
    duration_change: float | None = None


@dataclass(frozen=True, slots=True)
class RecentRun:
    """How one run ended, as far as it says something about the code."""

    failed: bool
    error_type: str | None = None


def judge(before: Side, now: Side, bounds: Bounds) -> Judgement:
    """Compare the runs since a deployment with those before it."""
    change = duration_change(before, now)
    if before.rate is None or now.rate is None or min(before.runs, now.runs) < bounds.min_runs:
        return Judgement("insufficient_data", duration_change=change)
    drop = before.rate - now.rate
    severity = severity_of(drop, exactly(bounds.drop_threshold))
    if severity != "none":
        sure = wilson_upper(now.successes, now.runs) < before.rate
        verdict: HealthVerdict = "rollback" if sure else "flag"
        return Judgement(verdict, severity, "success_drop", float(drop), change)
    if change is not None and change >= SLOWER:
        return Judgement("flag", "medium", "slower", float(drop), change)
    return Judgement("keep", "none", None, float(drop), change)


def severity_of(drop: Fraction, least: Fraction) -> HealthSeverity:
    """Return how bad a fall of the success rate is."""
    if drop < least:
        return "none"
    if drop >= CRITICAL:
        return "critical"
    return "high" if drop >= HIGH else "medium"


def wilson_upper(successes: int, runs: int, z: float = Z) -> float:
    """Return the upper Wilson bound of a success rate."""
    rate, square = successes / runs, z * z
    centre = rate + square / (2 * runs)
    spread = z * math.sqrt(rate * (1 - rate) / runs + square / (4 * runs * runs))
    return (centre + spread) / (1 + square / runs)


def duration_change(before: Side, now: Side) -> float | None:
    """Return by which part of itself the mean duration grew; 2 is +200 %."""
    if not before.mean_ms or now.mean_ms is None:
        return None
    return now.mean_ms / before.mean_ms - 1


def fast_path(since: Sequence[RecentRun], before: Sequence[RecentRun]) -> Cause | None:
    """Return why a deployment is plainly broken, without waiting for many runs; newest first.

    Code that failed just as much before it was replaced shows nothing about what replaced it,
    unless nothing has worked since.
    """
    newest = since[:IN_A_ROW]
    if len(newest) == IN_A_ROW and _all_failed(newest) and _worked(before[:IN_A_ROW]):
        by_signature = all(run.error_type in SIGNATURE_ERRORS for run in newest)
        return "signature_change" if by_signature else "consecutive_failures"
    if len(since) >= ALL_FAILED and _all_failed(since):
        return "complete_failure"
    return None


def _all_failed(runs: Sequence[RecentRun]) -> bool:
    return all(run.failed for run in runs)


def _worked(runs: Sequence[RecentRun]) -> bool:
    return any(not run.failed for run in runs)
