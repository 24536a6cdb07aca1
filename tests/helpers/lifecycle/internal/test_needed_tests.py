"""What must be shown of a version, and what a strategy's cases come to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aifp.helpers.lifecycle.internal.needed_tests import Known, missing_tests, needed_tests
from aifp.helpers.lifecycle.internal.test_reports import (
    judged_replay,
    judged_shadow,
    judged_synthetic,
    summed,
)
from aifp.schemas.testing import CaseResult, CaseVerdict, TestReport
from aifp.schemas.words import EffectClass, TestStrategy

# None while too little is known.
Passed = bool | None
BEGUN = datetime(2026, 11, 28, tzinfo=UTC)
LONG = Known(baseline=True, traces=True)
NEW = Known(baseline=False, traces=False)


def went(strategy: TestStrategy, passed: Passed) -> dict[TestStrategy, TestReport]:
    verdict = {True: "passed", False: "failed", None: "insufficient_data"}[passed]
    return {
        strategy: TestReport(version_number=2, strategy=strategy, passed=passed, verdict=verdict)
    }


def cases(**counts: int) -> list[CaseResult]:
    words: Any = counts
    return [
        CaseResult(case=f"{verdict} {i}", verdict=verdict, passed=verdict in ("same", "improved"))
        for verdict, many in words.items()
        for i in range(many)
    ]


MATRIX: list[tuple[EffectClass, Known, list[tuple[str, ...]]]] = [
    ("read_only", LONG, [("replay", "synthetic")]),
    ("idempotent", LONG, [("synthetic",), ("replay",)]),
    ("idempotent", NEW, [("synthetic",)]),
    ("side_effects", LONG, [("synthetic",), ("shadow",)]),
    ("side_effects", Known(baseline=True, traces=False), [("synthetic",)]),
    ("unknown", LONG, [("synthetic",), ("shadow",)]),
    ("unknown", NEW, [("synthetic",)]),
    ("destructive", LONG, [("synthetic",)]),
]


@pytest.mark.req("T05")
@pytest.mark.parametrize(("effect_class", "known", "needs"), MATRIX)
def test_what_each_class_needs_before_it_may_ask(
    effect_class: EffectClass, known: Known, needs: list[tuple[str, ...]]
) -> None:
    assert needed_tests(effect_class, known) == needs


@pytest.mark.req("T05")
@pytest.mark.parametrize("effect_class", ["idempotent", "side_effects", "unknown"])
def test_each_missing_test_is_named(effect_class: EffectClass) -> None:
    needs = needed_tests(effect_class, LONG)
    second = needs[1][0]
    assert missing_tests(needs, {}) == ["synthetic (not tested)", f"{second} (not tested)"]
    assert missing_tests(needs, went("synthetic", True)) == [f"{second} (not tested)"]
    assert missing_tests(needs, went(second, True)) == ["synthetic (not tested)"]
    assert missing_tests(needs, went("synthetic", True) | went(second, True)) == []
    short = went("synthetic", True) | went(second, None)
    assert missing_tests(needs, short) == [f"{second} (insufficient_data)"]


@pytest.mark.req("T05")
def test_of_two_that_would_do_one_is_enough_but_none_may_have_failed() -> None:
    needs = needed_tests("read_only", LONG)
    assert missing_tests(needs, {}) == ["replay (not tested) or synthetic (not tested)"]
    assert missing_tests(needs, went("replay", None) | went("synthetic", True)) == []
    assert missing_tests(needs, went("replay", False) | went("synthetic", True)) == [
        "replay (failed)"
    ]


@pytest.mark.req("T07", "T08")
@pytest.mark.parametrize(
    ("counts", "past", "passed"),
    [
        ({"same": 10}, 10, True),
        ({"same": 9}, 9, None),
        ({"same": 9, "other": 1}, 10, True),
        ({"same": 8, "other": 2}, 10, False),
        ({"same": 49, "regression": 1}, 50, False),
        ({"same": 10, "improved": 3}, 10, True),
    ],
)
def test_a_replay_passes_at_nine_in_ten_without_any_regression(
    counts: dict[str, int], past: int, passed: Passed
) -> None:
    report = judged_replay(summed("replay", (2, 1), cases(**counts)), past)
    assert report.passed is passed
    assert report.regressions == counts.get("regression", 0)
    assert report.improvements == counts.get("improved", 0)
    if passed is None:
        assert "insufficient_data: 9 past successes, 10 are needed" in report.verdict


@pytest.mark.req("T11")
@pytest.mark.parametrize(
    ("counts", "passed"),
    [
        ({}, None),
        ({"same": 1}, True),
        ({"same": 9, "other": 1}, True),
        ({"same": 8, "other": 1}, False),
        ({"same": 20, "regression": 1}, False),
    ],
)
def test_made_up_cases_pass_at_nine_in_ten_and_none_that_passed_before_fails(
    counts: dict[str, int], passed: Passed
) -> None:
    assert judged_synthetic(summed("synthetic", (2, None), cases(**counts))).passed is passed


@pytest.mark.req("T09")
@pytest.mark.parametrize(
    ("counts", "hours", "passed", "over"),
    [
        ({"same": 9}, 23, None, False),
        ({"same": 9}, 25, None, False),
        ({"same": 9}, 14 * 24, None, True),
        ({"same": 10}, 1, True, False),
        ({"same": 10}, 24, True, True),
        ({"same": 18, "other": 1}, 24, False, True),
        ({"same": 19, "other": 1}, 24, True, True),
    ],
)
def test_shadows_are_watched_for_a_day_or_until_there_are_ten(
    counts: dict[str, int], hours: int, passed: Passed, over: Passed
) -> None:
    report = summed("shadow", (2, 1), cases(**counts))
    judged, ended = judged_shadow(report, BEGUN, BEGUN + timedelta(hours=hours))
    assert (judged.passed, ended) == (passed, over)


def test_what_went_wrong_comes_first_in_a_report() -> None:
    verdicts: list[CaseVerdict] = ["regression", "same"]
    report = summed("replay", (2, 1), cases(same=70, regression=1))
    assert [case.verdict for case in report.details[:2]] == verdicts
    assert report.cases == 71 and len(report.details) == 60
