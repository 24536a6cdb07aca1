"""The table of clock changes, line by line, and what else the time rules promise."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aifp.helpers.user_directives.internal.language.due import due_times, next_due
from aifp.helpers.user_directives.internal.language.grammar.at import parse_at
from aifp.schemas.starts import CronStart, DateStart, IntervalStart, TimeStart
from tests.helpers.user_directives.internal.language.grammar.answers import nobody
from tests.helpers.user_directives.internal.language.grammar.test_cron import TAKEN

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def midnight(day: str, zone: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def shown(found: list[datetime], zone: str) -> list[str]:
    return [at.astimezone(ZoneInfo(zone)).isoformat() for at in found]


def due_on(start: TimeStart, zone: str, day: str, hours: float = 24) -> list[str]:
    """Return the due times in the hours after the local midnight at which a day begins."""
    after = midnight(day, zone) - SECOND
    return shown(due_times(start, zone, after, after + timedelta(hours=hours), 1_000), zone)


def at(text: str) -> TimeStart:
    (start,) = parse_at(text, nobody)
    assert isinstance(start, CronStart | DateStart)
    return start


TABLE = [
    ("Europe/Berlin", "02:30", "2027-03-28", "2027-03-28T03:00:00+02:00"),
    ("Europe/Berlin", "02:30", "2027-10-31", "2027-10-31T02:30:00+02:00"),
    ("America/New_York", "02:30", "2027-03-14", "2027-03-14T03:00:00-04:00"),
    ("America/New_York", "01:30", "2027-11-07", "2027-11-07T01:30:00-04:00"),
    ("Australia/Lord_Howe", "02:15", "2027-10-03", "2027-10-03T02:30:00+11:00"),
    ("Australia/Lord_Howe", "01:45", "2027-04-04", "2027-04-04T01:45:00+11:00"),
    ("Africa/Casablanca", "02:30", "2027-02-07", "2027-02-07T02:30:00+01:00"),
    ("Africa/Casablanca", "02:30", "2027-03-14", "2027-03-14T03:00:00+01:00"),
    ("America/Sao_Paulo", "00:30", "2018-11-04", "2018-11-04T01:00:00-02:00"),
    ("America/Sao_Paulo", "23:30", "2019-02-16", "2019-02-16T23:30:00-02:00"),
]


@pytest.mark.req("F09", "D93")
@pytest.mark.parametrize(("zone", "time", "day", "instant"), TABLE)
def test_a_fixed_time_runs_once_on_the_day_of_a_change(
    zone: str, time: str, day: str, instant: str
) -> None:
    found = due_on(at(time), zone, day, 26)
    assert [text for text in found if text.startswith(day)] == [instant]


@pytest.mark.req("F09", "D93")
@pytest.mark.parametrize(("zone", "time", "day", "instant"), TABLE)
def test_a_date_follows_the_same_rules(zone: str, time: str, day: str, instant: str) -> None:
    assert due_on(at(f"{day} {time}"), zone, day, 48) == [instant]


@pytest.mark.req("F09", "D93")
def test_a_skipped_day_runs_at_the_first_instant_of_the_next() -> None:
    zone = "Pacific/Apia"
    assert due_on(at("02:30"), zone, "2011-12-29", 48) == [
        "2011-12-29T02:30:00-10:00",
        "2011-12-31T00:00:00+14:00",
        "2011-12-31T02:30:00+14:00",
    ]
    assert due_on(at("2011-12-30 02:30"), zone, "2011-12-29", 48) == ["2011-12-31T00:00:00+14:00"]


@pytest.mark.req("F09", "D93")
@pytest.mark.parametrize("expr", ["15,45 2 * * *", "0-59 2 * * *", "0,30 2,3 * * *"])
def test_several_fixed_times_in_one_gap_give_one_run(expr: str) -> None:
    start = CronStart(kind="cron", expr=expr)
    found = due_on(start, "Europe/Berlin", "2027-03-28", 23)
    assert found.count("2027-03-28T03:00:00+02:00") == 1
    assert found[0] == "2027-03-28T03:00:00+02:00"
    assert len(found) == (2 if "3" in expr.split()[1] else 1)


@pytest.mark.req("F09", "D93")
def test_a_star_in_the_minute_follows_elapsed_time_and_a_range_does_not() -> None:
    zone, star, fixed = "Europe/Berlin", "*/15 2 * * *", "0-59/15 2 * * *"
    autumn, spring = "2027-10-31", "2027-03-28"
    assert len(due_on(CronStart(kind="cron", expr=star), zone, autumn, 25)) == 8
    assert len(due_on(CronStart(kind="cron", expr=fixed), zone, autumn, 25)) == 4
    assert due_on(CronStart(kind="cron", expr=star), zone, spring, 23) == []
    assert due_on(CronStart(kind="cron", expr=fixed), zone, spring, 23) == [
        "2027-03-28T03:00:00+02:00"
    ]


@pytest.mark.req("F09", "D93")
def test_a_half_hour_change_loses_no_quarter_of_the_next_hour() -> None:
    start = CronStart(kind="cron", expr="*/15 3 * * *")
    assert len(due_on(start, "Australia/Lord_Howe", "2027-10-03", 23.5)) == 4


@pytest.mark.req("F09", "D93")
def test_a_star_at_a_midnight_that_does_not_exist_is_not_due() -> None:
    start = CronStart(kind="cron", expr="*/15 0 * * *")
    assert due_on(start, "America/Sao_Paulo", "2018-11-04", 23) == []


@pytest.mark.req("F09", "D93")
@pytest.mark.parametrize(("day", "hours", "runs"), [("2027-03-28", 23, 46), ("2027-10-31", 25, 50)])
def test_an_interval_follows_elapsed_time(day: str, hours: int, runs: int) -> None:
    start = IntervalStart(kind="interval", every_ms=1_800_000)
    assert len(due_on(start, "Europe/Berlin", day, hours)) == runs


@pytest.mark.req("D93")
def test_after_a_change_six_hour_runs_sit_on_other_local_hours() -> None:
    start = IntervalStart(kind="interval", every_ms=21_600_000, from_="2027-03-27T00:00:00")
    hours = [text[11:13] for text in due_on(start, "Europe/Berlin", "2027-03-27", 48)]
    assert hours == ["00", "06", "12", "18", "00", "07", "13", "19"]


@pytest.mark.req("D93")
def test_seconds_are_added_after_the_minute_is_fixed() -> None:
    assert due_on(at("02:30:15"), "Europe/Berlin", "2027-03-28", 23) == [
        "2027-03-28T03:00:15+02:00"
    ]
    assert due_on(at("2027-03-28 02:30:15"), "Europe/Berlin", "2027-03-28", 23) == [
        "2027-03-28T03:00:15+02:00"
    ]
    assert due_on(at("02:30:15"), "Europe/Berlin", "2027-10-31", 25) == [
        "2027-10-31T02:30:15+02:00"
    ]


@pytest.mark.req("F08", "D93")
def test_a_due_time_is_strictly_after_the_instant_asked_from() -> None:
    start = at("18:00:30")
    due = datetime(2026, 11, 21, 17, 0, 30, tzinfo=UTC)
    assert next_due(start, "Europe/Berlin", datetime(2026, 11, 21, tzinfo=UTC)) == due
    assert next_due(start, "Europe/Berlin", due) == due + DAY
    assert next_due(start, "Europe/Berlin", due - timedelta(microseconds=1)) == due


@pytest.mark.req("F08", "D93")
def test_a_clock_set_back_finds_the_same_due_times_again_and_no_others() -> None:
    start = IntervalStart(kind="interval", every_ms=420_000)
    after = datetime(2027, 10, 30, tzinfo=UTC)
    first = due_times(start, "Europe/Berlin", after, after + 2 * DAY, 1_000)
    again = due_times(start, "Europe/Berlin", first[100], after + 2 * DAY, 1_000)
    assert again == first[101:]


@pytest.mark.req("I10")
@pytest.mark.parametrize("text", TAKEN)
def test_the_due_days_of_a_cron_text_are_those_its_meaning_says(text: str) -> None:
    expr, days = TAKEN[text]
    start = CronStart(kind="cron", expr=expr)
    after = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    found = due_times(start, "UTC", after, datetime(2033, 1, 1, tzinfo=UTC), len(days))
    assert [due.date().isoformat() for due in found] == days


@pytest.mark.req("D93")
def test_either_day_field_matches_unless_one_starts_with_a_star() -> None:
    def days(expr: str) -> list[str]:
        start = CronStart(kind="cron", expr=expr)
        return [text[8:10] for text in due_on(start, "UTC", "2027-01-01", 31 * 24)]

    assert days("0 0 13 * 5") == ["01", "08", "13", "15", "22", "29"]
    assert days("0 0 */2 * 5") == ["01", "15", "29"]
    assert days("0 0 13 * *") == ["13"]
