"""The settings of a file: format, zone, location, default policies and variables."""

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.findings import Findings
from aifp.helpers.user_directives.internal.language.forms.keys import LOCATION, POLICIES
from aifp.helpers.user_directives.internal.language.forms.labels import check_zone
from aifp.helpers.user_directives.internal.language.forms.policies import DEFAULTS
from aifp.helpers.user_directives.internal.language.forms.secrets import credential_paths
from aifp.helpers.user_directives.internal.language.source.nodes import (
    Leaf,
    MapNode,
    Node,
    plain,
    pointer,
)
from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.schemas.common import JsonMap
from aifp.schemas.reading import FileSettings, Place


def read_settings(root: MapNode, findings: Findings) -> tuple[FileSettings, dict[str, Place]]:
    """Return the settings, and the places of the default policies for later faults."""
    places: dict[str, Place] = {}
    check_format(root.entries.get("format"), findings)
    settings = FileSettings(
        timezone=zone_of(root.entries.get("timezone"), findings),
        defaults=free_map(root.entries.get("defaults"), DEFAULTS, findings, places),
        vars=free_map(root.entries.get("vars"), "/vars", findings, {}),
        location=location_of(root.entries.get("location"), findings),
    )
    check_defaults(root.entries.get("defaults"), findings)
    return settings, places


def check_format(node: Node | None, findings: Findings) -> None:
    """Accept format 1 only."""
    if node and not (isinstance(node, Leaf) and node.value == 1 and node.value is not True):
        findings.kind(node, "/format", "1")


def zone_of(node: Node | None, findings: Findings) -> str | None:
    """Return the file's zone."""
    if node is None:
        return None
    if not isinstance(node, Leaf) or not isinstance(node.value, str):
        findings.kind(node, "/timezone", "text")
        return None
    try:
        return check_zone(node.value)
    except LanguageFault as fault:
        findings.note(node.spot.place(), "/timezone", fault)
        return None


def free_map(node: Node | None, path: str, findings: Findings, places: dict[str, Place]) -> JsonMap:
    """Return a map of the top level; texts in it that look like secrets are refused."""
    if node is None:
        return {}
    value = plain(node, path, places)
    if not isinstance(value, dict):
        findings.kind(node, path, "a map")
        return {}
    for found in credential_paths(path, value):
        findings.refuse(places[found], found, "E511")
    return value


def check_defaults(node: Node | None, findings: Findings) -> None:
    """Refuse keys of `defaults` that are no policies."""
    if not isinstance(node, MapNode):
        return
    for key, spot in node.keys.items():
        path = pointer("/defaults", key)
        if key.startswith("_"):
            findings.refuse(spot.place(), path, "W102", k=key)
        elif key not in POLICIES:
            findings.refuse(spot.place(), path, "E201", k=key, nearest=nearest(key, POLICIES))


def location_of(node: Node | None, findings: Findings) -> tuple[float, float] | None:
    """Return latitude and longitude."""
    if node is None:
        return None
    if not isinstance(node, MapNode):
        findings.kind(node, "/location", "a map with lat and lon")
        return None
    for key, spot in node.keys.items():
        if key not in LOCATION:
            path = pointer("/location", key)
            findings.refuse(spot.place(), path, "E201", k=key, nearest=nearest(key, LOCATION))
    lat = degrees(node, "lat", 90, findings)
    lon = degrees(node, "lon", 180, findings)
    return None if lat is None or lon is None else (lat, lon)


def degrees(node: MapNode, key: str, most: int, findings: Findings) -> float | None:
    """Return one coordinate within its range."""
    leaf = node.entries.get(key)
    value = leaf.value if isinstance(leaf, Leaf) else None
    if isinstance(value, int | float) and not isinstance(value, bool) and -most <= value <= most:
        return float(value)
    findings.kind(leaf or node, f"/location/{key}", f"a number from -{most} to {most}")
    return None
