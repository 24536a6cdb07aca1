"""Due times found the slow way: by walking every minute. Shares no code with the product."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)

Test = Callable[[datetime], bool]


def local(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the wall clock, as a plain date and time; fold tells the second pass."""
    return instant.astimezone(zone).replace(tzinfo=None)


def minutes(after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield every whole minute after one instant and up to another."""
    at = after.replace(second=0, microsecond=0)
    while (at := at + MINUTE) <= until:
        yield at


def cron_due(expr: str, zone: ZoneInfo, after: datetime, until: datetime) -> list[datetime]:
    """Return the due times of a cron text by the rules of the clock, one minute at a time."""
    minute, hour, *_ = expr.split()
    matches = matcher(expr)
    if minute.startswith("*") or hour.startswith("*"):
        return [t for t in minutes(after, until) if matches(local(t, zone))]
    return [t for t in minutes(after, until) if _fixed(t, zone, matches)]


def _fixed(instant: datetime, zone: ZoneInfo, matches: Test) -> bool:
    """Say whether a fixed time is due: its first pass, or the first minute after its gap."""
    wall = local(instant, zone)
    if wall.fold == 0 and matches(wall):
        return True
    missing = local(instant - MINUTE, zone).replace(fold=0) + MINUTE
    while missing < wall.replace(fold=0):
        if matches(missing):
            return True
        missing += MINUTE
    return False


def matcher(expr: str) -> Test:
    """Return the test that a wall clock passes when the five fields match."""
    minute, hour, day, month, weekday = expr.lower().split()
    both = day.startswith("*") or weekday.startswith("*")

    def matches(wall: datetime) -> bool:
        if wall.minute not in numbers(minute, 0, 59) or wall.hour not in numbers(hour, 0, 23):
            return False
        if wall.month not in numbers(month, 1, 12):
            return False
        on_day, on_weekday = _day(day, wall), _weekday(weekday, wall)
        return (on_day and on_weekday) if both else (on_day or on_weekday)

    return matches


def numbers(field: str, low: int, high: int) -> set[int]:
    """Return the numbers of a field without L and #."""
    found: set[int] = set()
    for item in field.split(","):
        span, _, step = item.partition("/")
        first, _, last = span.partition("-")
        ends = (low, high) if span == "*" else (int(first), int(last or first))
        found |= set(range(ends[0], ends[1] + 1, int(step or 1)))
    return found


def _day(field: str, wall: datetime) -> bool:
    is_last = (wall + timedelta(days=1)).day == 1
    items = field.split(",")
    plain = ",".join(item for item in items if item != "l")
    return ("l" in items and is_last) or (plain != "" and wall.day in numbers(plain, 1, 31))


def _weekday(field: str, wall: datetime) -> bool:
    today = wall.isoweekday() % 7
    return any(_one_weekday(item, wall, today) for item in field.split(","))


def _one_weekday(item: str, wall: datetime, today: int) -> bool:
    if item.endswith("l"):
        return today == int(item[:-1]) % 7 and (wall + timedelta(days=7)).month != wall.month
    if "#" in item:
        day, _, nth = item.partition("#")
        return today == int(day) % 7 and (wall.day - 1) // 7 + 1 == int(nth)
    return today in {n % 7 for n in numbers(item, 0, 7)}


def interval_due(
    first: datetime,
    every: timedelta,
    zone: ZoneInfo,
    window: tuple[time, time] | None,
    days: set[int] | None,
    span: tuple[datetime, datetime],
) -> list[datetime]:
    """Return the times of a grid of whole minutes that lie in the window, on the days."""
    found: list[datetime] = []
    for instant in minutes(*span):
        wall = local(instant, zone)
        on_grid = instant >= first and (instant - first) % every == timedelta()
        if on_grid and (days is None or wall.isoweekday() % 7 in days) and _open(window, wall):
            found.append(instant)
    return found


def _open(window: tuple[time, time] | None, wall: datetime) -> bool:
    if window is None:
        return True
    opens, closes = window
    now = wall.time()
    return (opens <= now < closes) if opens < closes else (now >= opens or now < closes)


def utc(text: str, zone: ZoneInfo) -> datetime:
    """Return the first instant that shows this wall clock."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
