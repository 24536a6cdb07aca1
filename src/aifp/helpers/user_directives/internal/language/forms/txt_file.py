"""A TXT file: one directive per line; the zone and the location stand in front of the first."""

import re

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.findings import Findings
from aifp.helpers.user_directives.internal.language.forms.labels import check_zone
from aifp.helpers.user_directives.internal.language.names import (
    first_words,
    is_name,
    made_name,
)
from aifp.helpers.user_directives.internal.language.source.txt_lines import (
    MAX_LINE,
    Line,
    logical_lines,
)
from aifp.schemas.reading import Draft, FileSettings, Place

MAX_DIRECTIVES = 1_000
NAME = re.compile(r"([a-z][a-z0-9_-]*)\s*:\s+")
ZONE = re.compile(r"timezone\s*:\s*(\S*)", re.IGNORECASE)
DEGREES = r"([+-]?[0-9]{1,3}(?:\.[0-9]{1,9})?)"
LOCATION = re.compile(rf"location\s*:\s*{DEGREES}\s*,\s*{DEGREES}", re.IGNORECASE | re.ASCII)
MAX_LATITUDE, MAX_LONGITUDE = 90, 180


def read_txt(text: str, findings: Findings) -> tuple[FileSettings, list[Draft]]:
    """Return the settings and one draft per line."""
    drafts: list[Draft] = []
    settings, lines = head_of(logical_lines(text), findings)
    if len(lines) > MAX_DIRECTIVES:
        place = place_of(lines[MAX_DIRECTIVES])
        findings.refuse(place, "", "E208", n=MAX_DIRECTIVES, things="directives")
        return settings, []
    names: dict[str, int] = {}
    for index, line in enumerate(lines):
        draft = draft_of(line, index, names, findings)
        drafts += [draft] if draft else []
    if not drafts and not findings.has_errors():
        findings.refuse(Place(line=1, column=1), "", "E209")
    return settings, drafts


def head_of(lines: list[Line], findings: Findings) -> tuple[FileSettings, list[Line]]:
    """Return the settings in front of the first directive, and the lines that follow."""
    found: dict[str, object] = {}
    for n, line in enumerate(lines):
        if zone := ZONE.fullmatch(line.text):
            found["timezone"] = zone_of(line, zone, findings)
        elif place := LOCATION.fullmatch(line.text):
            found["location"] = location_of(line, place, findings)
        else:
            return FileSettings.model_validate(found), lines[n:]
    return FileSettings.model_validate(found), []


def location_of(line: Line, found: re.Match[str], findings: Findings) -> tuple[float, float] | None:
    """Return the latitude and longitude of the file, which sun times need."""
    lat, lon = float(found[1]), float(found[2])
    if abs(lat) <= MAX_LATITUDE and abs(lon) <= MAX_LONGITUDE:
        return lat, lon
    wanted = "latitude and longitude in degrees"
    findings.refuse(
        place_of(line, found.start(1)), "/location", "E203",
        k="location", type=wanted, found=f"{lat}, {lon}",
    )  # fmt: skip
    return None


def zone_of(line: Line, found: re.Match[str], findings: Findings) -> str | None:
    """Return the zone of the file."""
    try:
        return check_zone(found[1])
    except LanguageFault as fault:
        findings.note(place_of(line, found.start(1)), "/timezone", fault)
        return None


def draft_of(line: Line, index: int, names: dict[str, int], findings: Findings) -> Draft | None:
    """Make the draft of one line; equal names are refused."""
    if len(line.text) > MAX_LINE:
        findings.refuse(place_of(line), "", "E208", n=MAX_LINE, things="characters in a line")
        return None
    found = NAME.match(line.text)
    body = line.text[found.end() :] if found else line.text
    name = found[1] if found else made_name(first_words(line.text))
    title = None
    if found and not is_name(name):
        name, title = made_name(name), name
    if names.setdefault(name, line.number) != line.number:
        file = findings.file
        findings.refuse(place_of(line), "", "E204", n=name, file=file, line=names[name])
        return None
    if not found:
        findings.refuse(place_of(line), "", "W201")
    return Draft(
        name=name,
        title=title,
        index=index,
        form="txt",
        raw={"line": body},
        raw_content=line.text,
        places={"": place_of(line), "/line": place_of(line, found.end() if found else 0)},
    )


def place_of(line: Line, offset: int = 0) -> Place:
    """Return the place of a character of a line."""
    if line.joined:
        return Place(line=line.number, column=line.column, folded=True)
    return Place(line=line.number, column=line.column + offset)
