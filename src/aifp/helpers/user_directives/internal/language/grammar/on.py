"""The `on` text: any start, with an optional name after `as`."""

import re
from functools import partial

from aifp.helpers.user_directives.internal.language.faults import Ask
from aifp.helpers.user_directives.internal.language.grammar.anchors import GRID_START
from aifp.helpers.user_directives.internal.language.grammar.at import take_at
from aifp.helpers.user_directives.internal.language.grammar.cron import normal_cron
from aifp.helpers.user_directives.internal.language.grammar.cursor import (
    Cursor,
    pattern,
    read_whole,
)
from aifp.helpers.user_directives.internal.language.grammar.entities import take_entity_start
from aifp.helpers.user_directives.internal.language.grammar.events import take_event
from aifp.helpers.user_directives.internal.language.grammar.every import take_every
from aifp.helpers.user_directives.internal.language.grammar.sun import take_sun
from aifp.helpers.user_directives.internal.language.grammar.words import take_as
from aifp.schemas.starts import CronStart, Start

# Up to `as NAME` at the end; a nickname or any number of fields, which the cron grammar counts.
_CRON = pattern(r"(?:(?!as\s)\S+\s*)*")


def parse_on(text: str, ask: Ask, today: str = GRID_START) -> list[Start]:
    """Read a whole `on` text."""
    return read_whole(text, partial(take_start, today=today), ask)


def take_start(cursor: Cursor, ask: Ask, today: str = GRID_START) -> list[Start]:
    """Take any start from the front of what stands here, with its name."""
    starts = _take_unnamed(cursor, ask, today)
    name = take_as(cursor)
    return [start.model_copy(update={"as_": name}) for start in starts] if name else starts


def _take_unnamed(cursor: Cursor, ask: Ask, today: str) -> list[Start]:
    if cursor.keyword("at"):
        return take_at(cursor, ask)
    if cursor.keyword("every"):
        return take_every(cursor, ask, today)
    if cursor.keyword("cron"):
        return [_cron(cursor)]
    start = take_entity_start(cursor) or take_event(cursor) or take_sun(cursor)
    if start is None:
        raise cursor.fault("E330")
    return [start]


def _cron(cursor: Cursor) -> CronStart:
    start = cursor.skip()
    found: re.Match[str] | None = cursor.take(_CRON)
    return CronStart(kind="cron", expr=normal_cron(found[0] if found else "", start))
