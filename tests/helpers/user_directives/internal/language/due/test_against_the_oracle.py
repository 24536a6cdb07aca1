"""Fast due times against an oracle that walks every minute, around clock changes of six zones."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.due import due_times
from aifp.helpers.user_directives.internal.language.due.zones import changes_of
from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.cron import parse_cron
from aifp.helpers.user_directives.internal.language.grammar.cron_fields import join_values
from aifp.schemas.starts import CronStart, IntervalStart
from tests.helpers.user_directives.internal.language.due import oracle
from tests.helpers.user_directives.internal.language.due.zones import CHANGES, around_a_change

# More than any case here has.
PLENTY = 100_000


def ranges(low: int, high: int) -> st.SearchStrategy[str]:
    ends = st.tuples(st.integers(low, high), st.integers(low, high)).map(sorted)
    return ends.map(lambda e: f"{e[0]}-{e[1]}")


def fields(low: int, high: int, steps: list[int], span: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high).map(str)
    step = st.sampled_from([s for s in steps if s <= span])
    stepped = st.tuples(st.one_of(st.just("*"), ranges(low, high)), step)
    item = st.one_of(number, number, ranges(low, high), stepped.map(lambda p: f"{p[0]}/{p[1]}"))
    many = st.lists(item, min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), number, many)


minute = fields(0, 59, [2, 7, 15, 20, 30, 59], 60)
# Clocks change at these hours.
hour = st.one_of(
    st.sampled_from(["*", "0", "1", "2", "3", "23", "2,3", "0-3", "1-2"]),
    fields(0, 23, [2, 3, 5, 12], 24),
)
day = st.one_of(st.just("*"), st.just("*"), st.just("L"), fields(1, 31, [2, 5, 10], 31))
month = st.one_of(st.just("*"), st.just("*"), fields(1, 12, [2, 3, 6], 12))
weekday = st.one_of(
    st.just("*"),
    fields(0, 7, [2, 3], 7),
    st.sampled_from(["0L", "6L", "7#1", "0#2", "6#4", "5#5", "0,3L", "mon-fri", "sat,sun"]),
)
cron_texts = st.tuples(minute, hour, day, month, weekday).map(" ".join)
NAMES = {"mon-fri": "1-5", "sat,sun": "6,0"}


def parsed(text: str) -> CronStart:
    try:
        return parse_cron(text)
    except LanguageFault as fault:
        assume(fault.code != "E324")
        raise


@pytest.mark.req("F09", "D93")
@settings(deadline=None, max_examples=250)
@given(around_a_change(), cron_texts)
def test_cron_due_times_equal_those_of_the_oracle(
    span: tuple[str, datetime, datetime], text: str
) -> None:
    zone, after, until = span
    *rest, weekdays = text.split()
    plain = " ".join([*rest, NAMES.get(weekdays, weekdays)])
    expected = oracle.cron_due(plain, ZoneInfo(zone), after, until)
    assert due_times(parsed(text), zone, after, until, PLENTY) == expected


@st.composite
def intervals(draw: st.DrawFn) -> IntervalStart:
    """Intervals of whole minutes that begin their grid before every case."""
    window = st.tuples(st.times(), st.times()).map(
        lambda w: (w[0].strftime("%H:%M"), w[1].strftime("%H:%M"))
    )
    short = st.sampled_from([("01:30", "02:30"), ("02:00", "03:00"), ("23:30", "00:30")])
    days = st.sets(st.integers(0, 6), min_size=1).map(join_values)
    return IntervalStart(
        kind="interval",
        every_ms=60_000 * draw(st.sampled_from([1, 7, 15, 30, 45, 60, 90, 360, 1_440])),
        from_=draw(st.sampled_from(["2011-01-01T00:00:00", "2011-09-23T02:30:00"])),
        between=draw(st.one_of(st.none(), window, short)),
        days=draw(st.one_of(st.none(), days)),
    )


@pytest.mark.req("F09", "D93")
@settings(deadline=None, max_examples=150)
@given(around_a_change(), intervals())
def test_interval_due_times_equal_those_of_the_oracle(
    span: tuple[str, datetime, datetime], start: IntervalStart
) -> None:
    name, after, until = span
    zone = ZoneInfo(name)
    window = None
    if start.between:
        opens, closes = map(time.fromisoformat, start.between)
        window = opens, closes
    expected = oracle.interval_due(
        oracle.utc(start.from_ or "", zone),
        timedelta(milliseconds=start.every_ms),
        zone,
        window,
        oracle.numbers(start.days, 0, 6) if start.days else None,
        (after, until),
    )
    assert due_times(start, name, after, until, PLENTY) == expected


@pytest.mark.req("F09")
@pytest.mark.parametrize("name", CHANGES)
def test_the_changes_of_a_zone_are_found_to_the_second(name: str) -> None:
    zone = ZoneInfo(name)
    for text in CHANGES[name]:
        year = int(text[:4])
        found = changes_of(zone, year)
        at = datetime(year, 1, 1, tzinfo=UTC)
        walked: list[datetime] = []
        while at.year == year:
            if (
                at.astimezone(zone).utcoffset()
                != (at - timedelta(minutes=30)).astimezone(zone).utcoffset()
            ):
                walked.append(at)
            at += timedelta(minutes=30)
        assert list(found) == walked
