"""Tables and lines for people; plain and wide when nobody sits at a terminal."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aifp.schemas.instants import from_text

# Wide enough for every table here, so that a pipe gets one line for each row.
PIPE_WIDTH = 200
NOTHING = "-"


def screen() -> Console:
    """Return where people read."""
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return rows as a table; what programs wrote into them cannot steer the terminal."""
    made = Table(box=None, pad_edge=False)
    for title in titles:
        made.add_column(title)
    for row in rows:
        made.add_row(*(Text(plain(cell)) for cell in row))
    return made


def plain(value: object) -> str:
    """Return a value as printable text of one line."""
    text = NOTHING if value is None else str(value)
    return "".join(sign if sign.isprintable() else " " for sign in text)


def moment(text: str | None) -> str | None:
    """Return a stored instant in UTC, as short as it is exact."""
    return f"{text[:10]} {text[11:].rstrip('Z')}" if text else None


def local(text: str, zone: str) -> str:
    """Return a stored instant as the clock of a zone shows it."""
    at: datetime = from_text(text).astimezone(ZoneInfo(zone))
    offset = at.strftime("%z")
    return f"{at:%a %Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:]}"


def took(milliseconds: int | None) -> str | None:
    """Return a duration in the unit that reads best."""
    if milliseconds is None:
        return None
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"
