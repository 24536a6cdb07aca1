"""What must be shown of a version before it may ask for approval, by its class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aifp.schemas.testing import TestReport
from aifp.schemas.words import EffectClass, TestStrategy

# One need is met by any one of its strategies.
Need = tuple[TestStrategy, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to test against: a version in force, and live runs of it."""

    baseline: bool
    traces: bool


def needed_tests(effect_class: EffectClass, known: Known) -> list[Need]:
    """Return what a class needs (T05); without a version in force nothing can be replayed."""
    match effect_class:
        case "read_only":
            return [("replay", "synthetic")]
        case "idempotent":
            return [("synthetic",), ("replay",)] if known.baseline else [("synthetic",)]
        case "destructive":
            return [("synthetic",)]
        case "side_effects" | "unknown":
            shadowed = known.baseline and known.traces
            return [("synthetic",), ("shadow",)] if shadowed else [("synthetic",)]


def missing_tests(needs: Sequence[Need], newest: Mapping[TestStrategy, TestReport]) -> list[str]:
    """Name each need that is not met; a strategy that failed counts against the version anyway."""
    passed = {word for word, report in newest.items() if report.passed}
    unmet = [need for need in needs if not passed & set(need)]
    named = {word for need in unmet for word in need}
    told = [" or ".join(_standing(word, newest.get(word)) for word in need) for need in unmet]
    failed = [r for word, r in newest.items() if r.passed is False and word not in named]
    return [*told, *(_standing(report.strategy, report) for report in failed)]


def _standing(strategy: TestStrategy, report: TestReport | None) -> str:
    if report is None:
        return f"{strategy} (not tested)"
    return f"{strategy} ({report.verdict})"
