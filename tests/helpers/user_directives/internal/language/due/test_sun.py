"""Sunrise and sunset: published times, offsets, weekdays, and places where the sun stays up."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from aifp.helpers.user_directives.internal.language.due import due_times, next_due
from aifp.helpers.user_directives.internal.language.due.sun_times import sun_event
from aifp.schemas.starts import SunStart

MADRID, CHICAGO, SYDNEY, TROMSO = (40.42, -3.70), (41.88, -87.63), (-33.87, 151.21), (69.65, 18.96)
SUNSET = SunStart(kind="sun", event="sunset")
SUNRISE = SunStart(kind="sun", event="sunrise")
WINTER = datetime(2026, 12, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "zone", "place", "local"),
    [
        # Almanac times of 2026-12-21, to the minute.
        (SUNRISE, "Europe/Madrid", MADRID, "2026-12-21T08:34"),
        (SUNSET, "Europe/Madrid", MADRID, "2026-12-21T17:51"),
        (SUNRISE, "America/Chicago", CHICAGO, "2026-12-21T07:15"),
        (SUNSET, "America/Chicago", CHICAGO, "2026-12-21T16:22"),
        (SUNRISE, "Australia/Sydney", SYDNEY, "2026-12-22T05:41"),
        (SUNSET, "Australia/Sydney", SYDNEY, "2026-12-21T20:05"),
    ],
)
def test_the_next_event_is_that_of_the_almanac(
    start: SunStart, zone: str, place: tuple[float, float], local: str
) -> None:
    due = next_due(start, zone, WINTER, place)
    almanac = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    assert due
    assert abs(due - almanac) <= timedelta(minutes=2)


@pytest.mark.parametrize("place", [MADRID, CHICAGO, SYDNEY])
@pytest.mark.parametrize("start", [SUNRISE, SUNSET])
def test_there_is_one_event_each_day_whatever_the_zone(
    start: SunStart, place: tuple[float, float]
) -> None:
    found = due_times(start, "UTC", WINTER, WINTER + timedelta(days=366), 1_000, place)
    gaps = {(b - a) // timedelta(minutes=10) for a, b in pairwise(found)}
    assert len(found) in {365, 366, 367}
    assert gaps <= {143, 144}


def test_an_offset_moves_the_due_time_and_not_the_weekday() -> None:
    late = SunStart(kind="sun", event="sunset", offset_ms=36_000_000, days="5")
    plain = SunStart(kind="sun", event="sunset", days="5")
    due = next_due(late, "Europe/Madrid", WINTER, MADRID)
    friday = next_due(plain, "Europe/Madrid", WINTER, MADRID)
    assert due
    assert friday
    assert due - friday == timedelta(hours=10)
    assert friday.astimezone(ZoneInfo("Europe/Madrid")).isoweekday() == 5
    assert due.astimezone(ZoneInfo("Europe/Madrid")).isoweekday() == 6


def test_a_day_without_sunset_has_no_due_time() -> None:
    assert sun_event("sunset", TROMSO, date(2027, 6, 21)) is None
    found = next_due(SUNSET, "Europe/Oslo", datetime(2027, 6, 1, tzinfo=UTC), TROMSO)
    assert found
    assert found.month == 7


def test_without_a_location_the_sun_never_comes() -> None:
    assert next_due(SUNSET, "Europe/Madrid", WINTER) is None
