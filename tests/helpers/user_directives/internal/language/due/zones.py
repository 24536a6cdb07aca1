"""Zones and days on which their clocks change, or do not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

CHANGES = {
    "Europe/Berlin": ("2027-03-28", "2027-10-31", "2027-07-01"),
    "America/New_York": ("2027-03-14", "2027-11-07", "2028-02-28"),
    "Australia/Lord_Howe": ("2027-10-03", "2027-04-04"),
    "Africa/Casablanca": ("2027-02-07", "2027-03-14"),
    "America/Sao_Paulo": ("2018-11-04", "2019-02-17"),
    "Pacific/Apia": ("2011-12-30", "2011-09-24", "2012-04-01"),
}


@st.composite
def around_a_change(draw: st.DrawFn) -> tuple[str, datetime, datetime]:
    """A zone, and an instant at most two days before a change with one up to three days later."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    day = datetime.fromisoformat(draw(st.sampled_from(CHANGES[zone])))
    noon = day.replace(hour=12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    start = noon - timedelta(minutes=draw(st.integers(0, 2_880)), seconds=draw(st.integers(0, 59)))
    return zone, start, start + timedelta(minutes=draw(st.integers(60, 4_320)))
