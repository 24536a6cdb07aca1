"""A directive with several starts: the first of them, each instant once."""

from datetime import UTC, datetime, timedelta

import pytest

from aifp.helpers.user_directives.internal.language.due import (
    due_times_of,
    is_timed,
    next_due,
    next_of,
    next_with_starts,
)
from aifp.helpers.user_directives.internal.language.grammar.on import parse_on
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.starts import CronStart, IntervalStart
from aifp.schemas.steps import LogStep
from tests.helpers.user_directives.internal.language.grammar.answers import nobody

NOW = datetime(2027, 1, 4, 3, tzinfo=UTC)


def directive(*texts: str, zone: str = "UTC") -> CanonicalDirective:
    return CanonicalDirective(
        format=1,
        name="many",
        type="schedule",
        timezone=zone,
        location=(40.42, -3.70),
        when=[start for text in texts for start in parse_on(text, nobody)],
        steps=[LogStep(verb="log", message="hello")],
    )


def test_the_first_of_several_starts_is_next() -> None:
    many = directive("at 18:00", "every 4h", "at 2027-01-04 03:30", "webhook x", "sunset")
    assert next_of(many, NOW) == NOW + timedelta(minutes=30)


def test_starts_on_one_instant_give_one_run_and_both_names() -> None:
    many = directive("at 04:00 as early", "every 1h as hourly", "at 5am")
    due = next_with_starts(many, NOW)
    assert due
    assert (due[0], [start.as_ for start in due[1]]) == (
        NOW + timedelta(hours=1),
        ["early", "hourly"],
    )
    assert len(due_times_of(many, NOW, NOW + timedelta(hours=5), 100)) == 5


def test_a_directive_without_a_time_start_is_never_due() -> None:
    event_only = directive("webhook x", "state door.front to open")
    assert next_of(event_only, NOW) is None
    assert next_with_starts(event_only, NOW) is None
    assert not any(is_timed(start) for start in event_only.when)


def test_a_date_that_is_over_is_never_due() -> None:
    over = directive("at 2027-01-04 03:00")
    assert next_of(over, NOW) is None
    assert next_of(over, NOW - timedelta(seconds=1)) == NOW


def test_the_zone_of_the_directive_decides() -> None:
    assert next_of(directive("at 18:00", zone="Asia/Tokyo"), NOW) == NOW + timedelta(hours=6)


@pytest.mark.req("F10")
@pytest.mark.parametrize("zone", ["Mars/X", "../../etc/passwd", "", "/etc/localtime"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidArgument):
        next_due(CronStart(kind="cron", expr="0 18 * * *"), zone, NOW)


def test_an_interval_without_a_start_stands_on_the_grid_of_the_zone() -> None:
    start = IntervalStart(kind="interval", every_ms=7 * 3_600_000)
    first = datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert next_due(start, "Europe/Berlin", datetime(2020, 1, 1, tzinfo=UTC)) == first
    assert next_due(start, "Europe/Berlin", first) == first + timedelta(hours=7)


def test_an_interval_that_never_meets_its_window_is_never_due() -> None:
    start = IntervalStart(
        kind="interval",
        every_ms=24 * 3_600_000,
        from_="2026-01-01T12:00:00",
        between=("07:00", "08:00"),
    )
    assert next_due(start, "UTC", NOW) is None


def test_a_second_grid_jumps_to_the_window_instead_of_counting_there() -> None:
    start = IntervalStart(kind="interval", every_ms=1_000, between=("22:00", "22:01"), days="0")
    assert next_due(start, "UTC", NOW) == datetime(2027, 1, 10, 22, tzinfo=UTC)
