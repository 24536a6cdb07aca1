"""Starts of every kind that a text can say, for hypothesis."""

from datetime import date

from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.grammar.cron import normal_cron, starts_at
from aifp.helpers.user_directives.internal.language.grammar.cron_fields import join_values
from aifp.schemas.starts import (
    CalendarStep,
    CronStart,
    DateStart,
    EventStart,
    FileStart,
    IntervalStart,
    MqttStart,
    RunStart,
    Start,
    StateStart,
    SunStart,
    ValueStart,
    WebhookStart,
)

SECOND, DAY = 1_000, 86_400_000
times = st.tuples(st.integers(0, 23), st.integers(0, 59), st.sampled_from([0, 0, 0, 15]))
dates = st.dates(date(2000, 1, 1), date(2199, 12, 31)).map(date.isoformat)
weekdays = st.sets(st.integers(0, 6), min_size=1).map(join_values)
clocks = times.map(lambda t: f"{t[0]:02d}:{t[1]:02d}" + (f":{t[2]:02d}" if t[2] else ""))
moments = st.tuples(dates, times).map(lambda p: f"{p[0]}T{p[1][0]:02d}:{p[1][1]:02d}:{p[1][2]:02d}")
values = st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF)), min_size=1)
entities = st.lists(st.sampled_from(["door.front", "light.a_1", "sensor.t"]), min_size=1)
names = st.sampled_from([None, "hot", "Dusk_2"])
held = st.one_of(st.just(0), st.integers(1, 10 * DAY))
texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=12)


@st.composite
def cron_starts(draw: st.DrawFn) -> CronStart:
    """Times of day on weekdays, days of the month, n-th weekdays, or every n days or weeks."""
    at = [draw(times)]
    kind = draw(st.sampled_from(["days", "month", "nth", "year", "counted", "since"]))
    first = draw(dates)
    match kind:
        case "days":
            days = draw(st.one_of(st.just("*"), weekdays))
            found = starts_at(at, weekday=days)
        case "month":
            days = join_values(draw(st.sets(st.integers(1, 31), min_size=1)))
            found = starts_at(at, draw(st.sampled_from([days, f"{days},L", "L"])))
        case "nth":
            nth = draw(st.sampled_from(["#1", "#2", "#3", "#4", "L"]))
            found = starts_at(at, weekday=f"{draw(st.integers(0, 6))}{nth}")
        case "year":
            found = starts_at(at, str(draw(st.integers(1, 28))), str(draw(st.integers(1, 12))))
        case "counted":
            unit = draw(st.sampled_from(["day", "week"]))
            step = CalendarStep.model_validate(
                {"unit": unit, "n": draw(st.integers(2, 500)), "from": first}
            )
            found = starts_at(at, weekday=draw(weekdays), step=step)
        case _:
            step = CalendarStep(unit="day", n=1, from_=first)
            found = starts_at(at, "1,15", step=step)
    return found[0]


@st.composite
def cron_texts(draw: st.DrawFn) -> CronStart:
    """Any pattern that only the cron text says."""
    minute = draw(st.sampled_from(["*", "*/5", "0-59/15", "5,*/20", "1-3,9"]))
    hour = draw(st.sampled_from(["*", "*/2", "8-18/2", "1,5-9"]))
    rest = draw(st.sampled_from(["* * *", "*/2 * *", "1 1-3 *", "13 * 5", "* * 5L", "* * 1#5"]))
    return CronStart(kind="cron", expr=normal_cron(f"{minute} {hour} {rest}"))


@st.composite
def intervals(draw: st.DrawFn) -> IntervalStart:
    """Intervals; whole days always name the start of their grid."""
    ms = draw(st.integers(SECOND, 400 * DAY))
    grid = draw(moments if ms % DAY == 0 else st.one_of(st.none(), moments))
    return IntervalStart(
        kind="interval",
        every_ms=ms,
        from_=grid,
        between=draw(st.one_of(st.none(), st.tuples(clocks, clocks))),
        days=draw(st.one_of(st.none(), weekdays)),
    )


moments_of_time = st.one_of(
    st.builds(DateStart, kind=st.just("date"), at=moments),
    st.builds(
        SunStart,
        kind=st.just("sun"),
        event=st.sampled_from(["sunrise", "sunset"]),
        offset_ms=st.integers(-DAY // 2, DAY // 2),
        days=st.one_of(st.none(), weekdays),
    ),
)
optional_values = st.one_of(st.none(), values)
entity_starts = st.one_of(
    st.builds(
        StateStart,
        kind=st.just("state"),
        entity=entities,
        attribute=st.sampled_from([None, "brightness"]),
        from_=optional_values,
        to=optional_values,
        not_from=optional_values,
        not_to=optional_values,
        for_ms=held,
    ),
    st.builds(
        ValueStart,
        kind=st.just("value"),
        entity=entities,
        above=st.one_of(st.integers(-99, 99), st.sampled_from([0.5, -12.25])),
        below=st.one_of(st.none(), st.integers(100, 999)),
        for_ms=held,
    ),
)
event_starts = st.one_of(
    st.builds(WebhookStart, kind=st.just("webhook"), id=st.just("door-bell_1")),
    st.builds(MqttStart, kind=st.just("mqtt"), topic=texts, payload=st.one_of(st.none(), texts)),
    st.builds(
        FileStart,
        kind=st.just("file"),
        glob=texts,
        change=st.sampled_from(["created", "changed", "deleted"]),
    ),
    st.builds(
        EventStart,
        kind=st.just("event"),
        name=texts,
        source=st.one_of(st.none(), texts),
        where=st.sampled_from([None, "trigger.data.total > 5"]),
    ),
    st.builds(
        RunStart,
        kind=st.just("run"),
        directive=st.just("month_end"),
        outcome=st.sampled_from(["failed", "succeeded", "finished", "missed", "recovered"]),
    ),
)


@st.composite
def any_start(draw: st.DrawFn) -> Start:
    """Any start, with or without a name."""
    unnamed = st.one_of(
        cron_starts(), cron_texts(), intervals(), moments_of_time, entity_starts, event_starts
    )
    return draw(unnamed).model_copy(update={"as_": draw(names)})
