"""Directives made in tests without a file."""

from pydantic import JsonValue

from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap


def directive(*steps: JsonMap, name: str = "sample", **fields: JsonValue) -> CanonicalDirective:
    """Return a directive that is started by hand and does these steps."""
    head: JsonMap = {"format": 1, "name": name, "type": "sequence", "timezone": "UTC", "when": []}
    return CanonicalDirective.model_validate({**head, "steps": list(steps), **fields})
