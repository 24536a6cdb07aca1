"""Labels of a directive: what it is called, sorted by, and in which zone it lives."""

import re
from functools import cache
from typing import get_args
from zoneinfo import available_timezones

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.plain import (
    boolean,
    items,
    text,
    whole,
    wrong,
)
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.schemas.common import JsonMap
from aifp.schemas.words import DirectiveType

TEXT_LIMITS = {"title": 200, "description": 4_000, "domain": 64}
MAX_TAGS = 20
MAX_PRIORITY = 100
MAX_TAG = 64
# Files of the zone folder that name no zone of the IANA list.
NOT_ZONES = frozenset(("localtime", "posixrules", "Factory"))
HOST_ZONE = "host zone"


@cache
def zones() -> frozenset[str]:
    """Return the names of the installed time zones."""
    return frozenset(available_timezones() - NOT_ZONES)


def check_zone(name: str) -> str:
    """Return a zone name that is in the installed list."""
    if name in zones():
        return name
    raise LanguageFault("E307", x=name, name=nearest_zone(name))


def nearest_zone(name: str) -> str | None:
    """Return the zone that was probably meant: same city, else fewest slips."""
    city = re.split(r"[/ ]", name)[-1].lower()
    same = sorted(z for z in zones() if city and z.lower().split("/")[-1] == city)
    return same[0] if same else nearest(name, zones())


def read_labels(reading: Reading) -> JsonMap:
    """Return the written labels, without type and zone."""
    found: JsonMap = {}
    for key, limit in TEXT_LIMITS.items():
        if key in reading.raw:
            found[key] = text(reading, f"/{key}", reading.raw[key], limit)
    if "tags" in reading.raw:
        found["tags"] = tags(reading, reading.raw["tags"])
    if "priority" in reading.raw:
        value = reading.raw["priority"]
        found["priority"] = whole(reading, "/priority", value, 0, MAX_PRIORITY)
    if "enabled" in reading.raw:
        found["enabled"] = boolean(reading, "/enabled", reading.raw["enabled"])
    found.setdefault("title", reading.draft.title)
    if len(reading.draft.title or "") > TEXT_LIMITS["title"]:
        reading.refuse("/name", "E208", n=TEXT_LIMITS["title"], things="characters")
    return {key: value for key, value in found.items() if value is not None}


def tags(reading: Reading, value: JsonValue) -> list[JsonValue]:
    """Return the tags, sorted and each once."""
    values: JsonValue = value
    if isinstance(value, str):
        values = [t.strip() for t in value.split(",")]
    found = [text(reading, path, item, MAX_TAG) for path, item in items("/tags", values)]
    chosen = sorted({tag for tag in found if tag})
    if len(chosen) > MAX_TAGS:
        reading.refuse("/tags", "E208", n=MAX_TAGS, things="tags")
    return [*chosen]


def written_type(reading: Reading) -> DirectiveType | None:
    """Return the type the user wrote, if it is one of the five."""
    key = "directive_type" if "directive_type" in reading.raw else "type"
    value = reading.raw.get(key)
    if value is None and key not in reading.raw:
        return None
    for word in get_args(DirectiveType):
        if value == word:
            return word
    near = nearest(value, get_args(DirectiveType)) if isinstance(value, str) else None
    reason = f"did you mean {near}?" if near else f"one of {', '.join(get_args(DirectiveType))}"
    reading.refuse(f"/{key}", "E207", t=value, reason=reason)
    return None


def read_zone(reading: Reading) -> str | None:
    """Return the zone: directive, else file, else project, else the answer."""
    if "timezone" in reading.raw:
        return zone_at(reading, "/timezone", reading.raw["timezone"])
    for name in (reading.settings.timezone, reading.known.project_timezone):
        if name is not None:
            return zone_at(reading, "/timezone", name)
    return reading.attempt("/timezone", lambda: asked_zone(reading))


def zone_at(reading: Reading, path: str, value: JsonValue) -> str | None:
    """Return a zone that is written somewhere."""
    if not isinstance(value, str):
        reading.fault(path, wrong(path, "text", value))
        return None
    return reading.attempt(path, lambda: check_zone(value))


def asked_zone(reading: Reading) -> str:
    """Ask for the zone; without an answer it is that of the host."""
    host = reading.known.host_timezone
    answer = reading.ask("/timezone")(
        "q.timezone",
        "In which time zone are its times?",
        choices=list(dict.fromkeys((host, "UTC"))),
        default=host,
    )
    return check_zone(host if answer == HOST_ZONE else str(answer))
