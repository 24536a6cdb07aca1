"""Zone data that changes or goes away while the program runs."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from aifp.helpers.user_directives.internal.language.due import next_due
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.starts import CronStart, IntervalStart, TimeStart

EVENING = CronStart(kind="cron", expr="0 18 * * *")
QUARTERS = CronStart(kind="cron", expr="*/15 2 * * *")
GRID = IntervalStart(kind="interval", every_ms=36_000_000, from_="2027-06-01T00:00:00")
SUMMER = datetime(2027, 7, 1, tzinfo=UTC)


@pytest.fixture
def zone_file(tmp_path: Path) -> Iterator[Path]:
    """A zone list of our own with one zone, Test/Zone."""
    before = zoneinfo.TZPATH
    (tmp_path / "Test").mkdir()
    zoneinfo.reset_tzpath([str(tmp_path)])
    yield tmp_path / "Test" / "Zone"
    zoneinfo.reset_tzpath(before)
    zoneinfo.ZoneInfo.clear_cache()


def write(zone_file: Path, like: str) -> None:
    zone_file.write_bytes((files("tzdata") / "zoneinfo" / like).read_bytes())
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.req("F10")
@pytest.mark.parametrize(
    ("start", "berlin", "york"),
    [
        (EVENING, "2027-07-01T16:00:00+00:00", "2027-07-01T22:00:00+00:00"),
        (QUARTERS, "2027-07-01T00:15:00+00:00", "2027-07-01T06:00:00+00:00"),
        (GRID, "2027-07-01T08:00:00+00:00", "2027-07-01T04:00:00+00:00"),
    ],
)
def test_next_times_are_computed_again_with_new_zone_data(
    zone_file: Path, start: TimeStart, berlin: str, york: str
) -> None:
    for like, expected in (("Europe/Berlin", berlin), ("America/New_York", york)):
        write(zone_file, like)
        due = next_due(start, "Test/Zone", SUMMER)
        assert due
        assert due.isoformat() == expected


@pytest.mark.req("F10")
def test_a_zone_that_went_away_is_named_in_the_refusal(zone_file: Path) -> None:
    write(zone_file, "Europe/Berlin")
    assert next_due(EVENING, "Test/Zone", SUMMER)
    zone_file.unlink()
    zoneinfo.ZoneInfo.clear_cache()
    with pytest.raises(InvalidArgument, match="Test/Zone"):
        next_due(EVENING, "Test/Zone", SUMMER)
