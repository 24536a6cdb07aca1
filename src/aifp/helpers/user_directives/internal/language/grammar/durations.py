"""Durations such as `90s`, `1h 30m`, `an hour`; always a whole number of milliseconds."""

from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor, pattern

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
TEN_YEARS = 3_650 * DAY
# Large to small; the first word of each is how it is written back.
UNITS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (WEEK, ("w", "week", "weeks")),
    (DAY, ("d", "day", "days")),
    (HOUR, ("h", "hr", "hrs", "hour", "hours")),
    (MINUTE, ("m", "min", "mins", "minute", "minutes")),
    (SECOND, ("s", "sec", "secs", "second", "seconds")),
    (1, ("ms", "millisecond", "milliseconds")),
)
UNIT_MS = {word: ms for ms, words in UNITS for word in words}
_WORDS = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
COUNT_WORDS = {"a": 1, "an": 1} | {word: n for n, word in enumerate(_WORDS, 1)}
# More digits than this can only be out of range.
_MOST_DIGITS = 15
_PART = pattern(
    r"(?:(?P<whole>[0-9]+)(?:\.(?P<frac>[0-9]+))?\s*|(?P<word>[a-z]+)\s+)(?P<unit>[a-z]+)(?![a-z_])"
)


def parse_duration(text: str, low: int = 1, high: int = TEN_YEARS) -> int:
    """Read a whole text as a duration in milliseconds, within the field's limits."""
    cursor = Cursor(text)
    ms = take_duration(cursor, low, high)
    if ms is None or not cursor.done():
        raise Cursor(text).fault("E310", x=text.strip()[:40])
    return ms


def write_duration(ms: int) -> str:
    """Write a duration in the largest unit that fits exactly, such as `90m`."""
    unit, words = next((u for u in UNITS if ms % u[0] == 0 and ms), (SECOND, ("s",)))
    return f"{ms // unit}{words[0]}"


def take_duration(cursor: Cursor, low: int = 1, high: int = TEN_YEARS) -> int | None:
    """Take a duration if one stands here; out of the limits it is a fault."""
    start = cursor.skip()
    total, before = 0, WEEK + 1
    while part := _take_part(cursor, before):
        before, ms = part
        total += ms
    if before > WEEK:
        return None
    if not low <= total <= high:
        limits = {"lo": write_duration(low), "hi": write_duration(high)}
        raise Cursor(cursor.text, start).fault("E311", x=total, **limits)
    return total


def need_duration(cursor: Cursor, low: int = 1, high: int = TEN_YEARS) -> int:
    """Take the duration that must stand here."""
    ms = take_duration(cursor, low, high)
    if ms is None:
        raise cursor.fault("E310")
    return ms


def count_of(digits_or_word: str) -> int | None:
    """Return the number that a count means: digits, `a`, `an`, `one` to `twelve`."""
    if digits_or_word.isdigit():
        return int(digits_or_word) if len(digits_or_word) <= _MOST_DIGITS else None
    return COUNT_WORDS.get(digits_or_word.lower())


def _take_part(cursor: Cursor, before: int) -> tuple[int, int] | None:
    start = cursor.skip()
    found = cursor.take(_PART)
    unit = UNIT_MS.get(found["unit"].lower()) if found else None
    if not found or not unit or (found["word"] and count_of(found["word"]) is None):
        cursor.pos = start
        return None
    if unit >= before:
        cursor.pos = start
        raise cursor.fault("E310")
    if found["word"]:
        return unit, (count_of(found["word"]) or 0) * unit
    return unit, _milliseconds(
        Cursor(cursor.text, start), found["whole"], found["frac"] or "", unit
    )


def _milliseconds(at: Cursor, whole: str, fraction: str, unit: int) -> int:
    if len(whole) + len(fraction) > _MOST_DIGITS:
        raise at.fault("E311", lo=write_duration(1), hi=write_duration(TEN_YEARS))
    ms, rest = divmod(int(whole + fraction) * unit, 10 ** len(fraction))
    if rest:
        raise at.fault("E312")
    return ms
