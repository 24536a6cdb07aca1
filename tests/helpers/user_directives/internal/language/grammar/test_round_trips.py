"""What is printed reads back as the same start."""

from hypothesis import given

from aifp.helpers.user_directives.internal.language.grammar.on import parse_on
from aifp.helpers.user_directives.internal.language.readings.start_texts import start_text
from aifp.schemas.starts import CronStart, DaemonStart, Start, SunStart, WatchStart
from tests.helpers.user_directives.internal.language.grammar.answers import nobody
from tests.helpers.user_directives.internal.language.grammar.starts import any_start

# The kinds of string form, as the `on` text says them.
SAID = {"time": "at ", "condition": "when ", "on": ""}


def on_text(start: Start) -> str:
    kind, text = start_text(start)
    return SAID.get(kind, f"{kind} ") + text


@given(any_start())
def test_every_start_reads_back_from_its_own_text(start: Start) -> None:
    assert parse_on(on_text(start), nobody) == [start]


def test_the_rare_starts_read_back_too() -> None:
    for start in (
        DaemonStart(kind="start"),
        WatchStart(kind="watch", expr="sensor.x > 5 for 10m", as_="warm"),
        SunStart(kind="sun", event="sunrise"),
        CronStart(kind="cron", expr="* * * * *"),
    ):
        assert parse_on(on_text(start), nobody) == [start]
