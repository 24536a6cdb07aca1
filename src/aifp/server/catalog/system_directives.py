"""The system directives, from the files beside the groups of helpers."""

from collections.abc import Iterable, Iterator
from importlib.resources import files
from types import ModuleType
from typing import Any

import yaml
from pydantic import ValidationError

from aifp.schemas.catalog import HelperEntry, SystemDirective

FILE = "system_directives.yaml"


class UnreadableDirective(Exception):
    """A system directive is not what one has to be."""


def system_directives(
    package: ModuleType, helpers: Iterable[HelperEntry]
) -> tuple[SystemDirective, ...]:
    """Return the system directives of every group, each with what its tool gives back."""
    outputs = {entry.name: _outputs(entry) for entry in helpers if entry.is_tool}
    found = [_directive(name, data) for name, data in _stored(package)]
    return tuple(d.model_copy(update={"outputs": outputs.get(d.name, ())}) for d in found)


def _stored(package: ModuleType) -> Iterator[tuple[str, dict[str, Any]]]:
    groups = sorted(files(package).iterdir(), key=lambda place: place.name)
    for file in (group / FILE for group in groups if group.is_dir()):
        if file.is_file():
            yield from yaml.safe_load(file.read_text(encoding="utf-8")).items()


def _directive(name: str, data: dict[str, Any]) -> SystemDirective:
    try:
        return SystemDirective.model_validate({"name": name, **data})
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UnreadableDirective(f"{name} in {FILE}: {place}: {first['msg']}") from None


def _outputs(entry: HelperEntry) -> tuple[str, ...]:
    """Return the names of what a tool answers, over all its shapes."""
    schema: Any = entry.output_schema
    arms = [schema, *schema.get("anyOf", ())]
    known = schema.get("$defs", {})
    named = [known.get(arm.get("$ref", "").rpartition("/")[2], arm) for arm in arms]
    return tuple(sorted({key for arm in named for key in arm.get("properties", {})}))
