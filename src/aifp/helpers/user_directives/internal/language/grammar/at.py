"""The `at` text: times of day, a date with a time, or a sun time."""

from aifp.helpers.user_directives.internal.language.faults import Ask
from aifp.helpers.user_directives.internal.language.grammar.clock import take_times
from aifp.helpers.user_directives.internal.language.grammar.cron import starts_at
from aifp.helpers.user_directives.internal.language.grammar.cron_fields import join_values
from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor, read_whole
from aifp.helpers.user_directives.internal.language.grammar.dates import (
    take_date,
    take_time_of_date,
    write_datetime,
)
from aifp.helpers.user_directives.internal.language.grammar.days import take_on_days
from aifp.helpers.user_directives.internal.language.grammar.sun import take_sun
from aifp.schemas.starts import DateStart, Start


def parse_at(text: str, ask: Ask) -> list[Start]:
    """Read a whole `at` text."""
    return read_whole(text, take_at, ask)


def take_at(cursor: Cursor, ask: Ask) -> list[Start]:
    """Take an `at` text from the front of what stands here."""
    if day := take_date(cursor):
        at = write_datetime(day, take_time_of_date(cursor, day, ask))
        return [DateStart(kind="date", at=at)]
    if sun := take_sun(cursor):
        days = take_on_days(cursor)
        return [sun.model_copy(update={"days": join_values(days)}) if days else sun]
    times = take_times(cursor, ask)
    days = take_on_days(cursor)
    return [*starts_at(times, weekday=join_values(days) if days else "*")]
