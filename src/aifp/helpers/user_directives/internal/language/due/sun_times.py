"""Due times at sunrise and sunset of a location."""

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import sunrise, sunset

from aifp.helpers.user_directives.internal.language.grammar.cron_fields import field_values
from aifp.schemas.starts import SunStart

Location = tuple[float, float]
# A polar night is shorter than a year.
_DAYS_AHEAD = 400
_DAY = timedelta(days=1)
_DEGREES_PER_HOUR = 15


def next_sun(
    start: SunStart, zone: ZoneInfo, after: datetime, location: Location | None
) -> datetime | None:
    """Return the first due time after an instant; without a location there is none."""
    if location is None:
        return None
    offset = timedelta(milliseconds=start.offset_ms)
    first = (after - offset).astimezone(_solar_zone(location)).date() - _DAY
    for n in range(_DAYS_AHEAD):
        event = sun_event(start.event, location, first + n * _DAY)
        if event and event + offset > after and _on_days(start, event.astimezone(zone)):
            return event + offset
    return None


@lru_cache(maxsize=8192)
def sun_event(
    event: Literal["sunrise", "sunset"], location: Location, day: date
) -> datetime | None:
    """Return the instant of a sunrise or sunset on a date of solar time, to the second."""
    observer = Observer(latitude=location[0], longitude=location[1])
    find = sunrise if event == "sunrise" else sunset
    try:
        found = find(observer, day, _solar_zone(location))
    except ValueError:
        # The sun stays above or below the horizon on that day.
        return None
    return found.astimezone(UTC).replace(microsecond=0)


def _solar_zone(location: Location) -> timezone:
    """Return the zone in which noon is near the highest sun, so that no event is near midnight."""
    return timezone(timedelta(hours=round(location[1] / _DEGREES_PER_HOUR)))


def _on_days(start: SunStart, local: datetime) -> bool:
    return start.days is None or local.isoweekday() % 7 in field_values(start.days)
