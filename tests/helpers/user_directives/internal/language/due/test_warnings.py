"""What is said about a directive's times before it is approved."""

from datetime import UTC, datetime

import pytest

from aifp.helpers.user_directives.internal.language.due import time_warnings
from tests.helpers.user_directives.internal.language.due.test_next_due import directive

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def codes(*texts: str, zone: str = "Europe/Berlin") -> list[str]:
    return [warning.code for warning in time_warnings(directive(*texts, zone=zone), NOW)]


def test_a_time_in_the_next_gap_is_told_with_its_instant_and_date() -> None:
    (warning,) = time_warnings(directive("at 02:30", zone="Europe/Berlin"), NOW)
    assert (warning.code, warning.names) == ("W301", {"t": "03:00", "date": "2027-03-28"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at 2027-03-28 02:30", ["W301"]),
        ("at 02:00", ["W301"]),
        ("at 02:30 on mon", []),
        ("at 03:00", []),
        ("at 01:59", []),
        ("cron */15 2 * * *", []),
        ("every 30m", []),
        ("at 2026-11-20 12:00", ["W302"]),
        ("at 2099-11-20 12:00", []),
        ("every 5s", ["W303"]),
        ("every 10s", []),
        ("webhook x", []),
    ],
)
def test_only_what_will_happen_is_warned_of(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


def test_a_zone_without_changes_has_no_moved_times() -> None:
    assert codes("at 02:30", zone="Asia/Tokyo") == []


def test_a_directive_that_events_start_too_is_not_over() -> None:
    assert codes("at 2026-11-20 12:00", "webhook x") == []


def test_two_starts_close_together_are_frequent() -> None:
    assert codes("at 18:00:00", "at 18:00:05") == ["W303"]
