"""Every n days and every n weeks, counted from a date."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.due import due_times, next_due
from aifp.helpers.user_directives.internal.language.due.cron_times import first_allowed
from aifp.schemas.starts import CalendarStep, CronStart


def days(expr: str, unit: str, n: int, first: str, count: int, zone: str = "UTC") -> list[str]:
    step = CalendarStep.model_validate({"unit": unit, "n": n, "from": first})
    start = CronStart(kind="cron", expr=expr, step=step)
    after = datetime(2027, 1, 1, tzinfo=UTC) - timedelta(hours=15)
    found = due_times(start, zone, after, datetime(2199, 1, 1, tzinfo=UTC), count)
    return [due.date().isoformat() for due in found]


def test_every_second_day_is_counted_from_its_date() -> None:
    assert days("0 9 * * *", "day", 2, "2027-01-05", 3) == [
        "2027-01-05",
        "2027-01-07",
        "2027-01-09",
    ]


def test_a_date_long_past_keeps_the_rhythm() -> None:
    # 2027-01-01 is 9,862 days later.
    assert days("0 9 * * *", "day", 10, "2000-01-01", 2) == ["2027-01-09", "2027-01-19"]


def test_every_second_week_keeps_the_days_of_one_week_together() -> None:
    # 2027-01-04 is a Monday.
    assert days("0 9 * * 1,5", "week", 2, "2027-01-04", 4) == [
        "2027-01-04",
        "2027-01-08",
        "2027-01-18",
        "2027-01-22",
    ]


def test_weeks_begin_on_monday_and_days_before_the_date_do_not_count() -> None:
    # The week of Wednesday 2027-01-06 counts, but its Monday is over.
    assert days("0 9 * * 1,0", "week", 2, "2027-01-06", 3) == [
        "2027-01-10",
        "2027-01-18",
        "2027-01-24",
    ]


def test_a_first_date_in_every_first_step_only_says_since_when() -> None:
    assert days("0 9 15 * *", "day", 1, "2027-03-01", 2) == ["2027-03-15", "2027-04-15"]


def test_clock_changes_do_not_move_the_rhythm() -> None:
    step = CalendarStep(unit="day", n=2, from_="2027-03-26")
    start = CronStart(kind="cron", expr="30 2 * * *", step=step)
    after = datetime(2027, 3, 26, 3, tzinfo=UTC)
    found = due_times(start, "Europe/Berlin", after, after + timedelta(days=6), 10)
    assert [due.isoformat() for due in found] == [
        "2027-03-28T01:00:00+00:00",
        "2027-03-30T00:30:00+00:00",
        "2027-04-01T00:30:00+00:00",
    ]


def test_a_step_that_never_meets_its_weekday_has_no_due_time() -> None:
    # 2027-01-05 is a Tuesday, and seven days later it is again one.
    step = CalendarStep(unit="day", n=7, from_="2027-01-05")
    start = CronStart(kind="cron", expr="0 9 * * 1", step=step)
    assert next_due(start, "UTC", datetime(2027, 1, 1, tzinfo=UTC)) is None


@pytest.mark.req("F09")
@settings(deadline=None)
@given(
    st.sampled_from(["day", "week"]),
    st.integers(1, 40),
    st.dates(date(2020, 1, 1), date(2028, 1, 1)),
    st.dates(date(2020, 1, 1), date(2028, 1, 1)),
)
def test_the_first_allowed_date_equals_that_of_counting(
    unit: str, n: int, first: date, day: date
) -> None:
    step = CalendarStep.model_validate({"unit": unit, "n": n, "from": first.isoformat()})
    walk = max(day, first)
    counted, today = 0, first
    while not (today >= walk and counted % n == 0):
        today += timedelta(days=1)
        if unit == "day" or today.weekday() == 0:
            counted += 1
    assert first_allowed(step, day) == today
