"""Missed due times: which start now, which are recorded, and that none is lost."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.due import (
    CatchUpPlan,
    due_times,
    plan_catch_up,
)
from aifp.schemas.canonical import CatchUpRule
from aifp.schemas.starts import CronStart, IntervalStart

NOW = datetime(2027, 1, 10, 9, 0, 30, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
NONE = CatchUpRule(policy="none")
LAST = CatchUpRule(policy="last", within_ms=3_600_000)
ALL = CatchUpRule(policy="all", within_ms=14_400_000, max=3)
# Nine hours in which the machine slept.
SLEPT = NOW - 9 * HOUR
HOURLY = due_times(CronStart(kind="cron", expr="0 * * * *"), "UTC", SLEPT, NOW, 100)
SECONDLY = due_times(IntervalStart(kind="interval", every_ms=1_000), "UTC", SLEPT, NOW, 100_000)


def hours_ago(n: float) -> datetime:
    return NOW - n * HOUR


def test_there_is_a_due_time_for_each_hour_and_second_asleep() -> None:
    assert (len(HOURLY), len(SECONDLY)) == (9, 9 * 3_600)


@pytest.mark.req("D92")
def test_none_records_each_as_missed() -> None:
    plan = plan_catch_up(HOURLY[:-1], NONE, NOW)
    assert (plan.start_now, plan.record_missed) == ([], HOURLY[:-1])


@pytest.mark.req("D92")
def test_last_starts_the_newest_one_inside_the_window() -> None:
    plan = plan_catch_up([hours_ago(3), hours_ago(0.9), hours_ago(0.5)], LAST, NOW)
    assert plan.start_now == [hours_ago(0.5)]
    assert plan.record_missed == [hours_ago(3), hours_ago(0.9)]


@pytest.mark.req("D92")
def test_last_starts_nothing_when_all_are_older_than_the_window() -> None:
    plan = plan_catch_up([hours_ago(3), hours_ago(2)], LAST, NOW)
    assert (plan.start_now, plan.record_missed) == ([], [hours_ago(3), hours_ago(2)])


@pytest.mark.req("D92")
@pytest.mark.parametrize(("age_ms", "caught"), [(3_600_000, 1), (3_600_001, 0)])
def test_the_window_includes_its_edge(age_ms: int, caught: int) -> None:
    plan = plan_catch_up([NOW - timedelta(milliseconds=age_ms)], LAST, NOW)
    assert len(plan.start_now) == caught


@pytest.mark.req("D92")
def test_all_starts_the_newest_ones_oldest_first() -> None:
    late = [hours_ago(n) for n in (6, 5, 3, 2, 1, 0.5)]
    plan = plan_catch_up(late, ALL, NOW)
    assert plan.start_now == late[-3:]
    assert plan.record_missed == late[:3]
    assert plan_catch_up(late[:2], ALL, NOW).start_now == []


@pytest.mark.req("D92")
def test_all_without_numbers_means_a_hundred_within_an_hour() -> None:
    late = [NOW - timedelta(seconds=30 * n) for n in range(140, 2, -1)]
    plan = plan_catch_up(late, CatchUpRule(policy="all"), NOW)
    assert plan.start_now == late[-100:]


@pytest.mark.req("D92", "F08")
@pytest.mark.parametrize("rule", [NONE, LAST, ALL])
def test_what_is_at_most_a_minute_late_simply_starts(rule: CatchUpRule) -> None:
    on_time = [NOW - timedelta(seconds=60), NOW]
    assert plan_catch_up(on_time, rule, NOW) == CatchUpPlan(start_now=on_time)
    late = plan_catch_up([NOW - timedelta(seconds=60, milliseconds=1)], NONE, NOW)
    assert late.start_now == []


@pytest.mark.req("D92")
def test_a_hundred_missed_in_a_row_are_single_records_and_one_more_folds_them() -> None:
    late = [hours_ago(n) for n in range(101, 0, -1)]
    assert len(plan_catch_up(late[1:], NONE, NOW).record_missed) == 100
    (folded,) = plan_catch_up(late, NONE, NOW).folded
    assert (folded.first, folded.last, folded.count) == (late[0], late[-1], 101)


@pytest.mark.req("D92", "F08")
@pytest.mark.parametrize(
    ("rule", "caught"), [(NONE, 0), (LAST, 1), (CatchUpRule(policy="all", max=100), 100)]
)
def test_nine_hours_of_seconds_keep_an_exact_count(rule: CatchUpRule, caught: int) -> None:
    plan = plan_catch_up(SECONDLY, rule, NOW)
    on_time = 61
    (folded,) = plan.folded
    assert len(plan.start_now) == caught + on_time
    assert folded.count + len(plan.start_now) == len(SECONDLY)
    assert plan.record_missed == []


@pytest.mark.req("D92")
@given(
    st.lists(st.integers(0, 40_000), max_size=300),
    st.sampled_from(["none", "last", "all"]),
    st.integers(1_000, 40_000_000),
    st.integers(1, 150),
)
def test_every_due_time_is_in_the_plan_exactly_once(
    ages: list[int], policy: str, within: int, most: int
) -> None:
    rule = CatchUpRule.model_validate({"policy": policy, "within_ms": within, "max": most})
    due = [NOW - age * SECOND for age in ages]
    plan = plan_catch_up(due, rule, NOW)
    single = [*plan.record_missed, *plan.start_now]
    assert single == sorted(set(single))
    assert len(single) + sum(f.count for f in plan.folded) == len(set(due))
    assert all(f.last < single[0] for f in plan.folded if single)
