"""What a run may do: its release's permissions, minus what a person denied."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import JsonValue

from aifp.schemas.errors import NotGranted
from aifp.schemas.releases import Permission
from aifp.schemas.words import Resource
from aifp.server.engine.driving.argument_rules import is_allowed

# Never through a file grant, however wide: the databases, the keys of the record, the history.
CLOSED_FOLDERS = (".aifp-project", ".git")
DEFAULT_STATE_MB = 1
# What a permission says of the thing it names, rather than what it must be.
NO_LIMITS = frozenset({"private", "sha256", "scripts"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One concrete thing a call wants; fields as in the permission's value."""

    resource: Resource
    value: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Grants:
    """Deny wins; what no permission names is denied."""

    allow: tuple[Permission, ...] = ()
    deny: tuple[Permission, ...] = ()

    def permit(self, resource: Resource, **value: JsonValue) -> Permission:
        """Return the first permission that allows this, or raise NotGranted."""
        return self.permitted(resource, **value)[0]

    def permitted(self, resource: Resource, **value: JsonValue) -> list[Permission]:
        """Return every permission that allows this, at least one, or raise NotGranted."""
        asked = Asked(resource, value)
        if any(covers(entry, asked) for entry in self.deny):
            raise NotGranted(f"A person denied {told(asked)}.")
        if allowing := [entry for entry in self.allow if covers(entry, asked)]:
            return allowing
        raise NotGranted(
            f"The approved release does not grant {told(asked)}. "
            "Name it in the directive and ask for approval again."
        )

    def state_bytes(self) -> int:
        """Return how much this directive may remember."""
        sizes = [e.value.get("mb") for e in self.allow if e.resource == "state_mb"]
        mb = max((s for s in sizes if isinstance(s, int | float)), default=DEFAULT_STATE_MB)
        return int(mb * 1_048_576)


def told(asked: Asked) -> str:
    """Name a wish for people."""
    parts = " ".join(f"{value}" for value in asked.value.values() if value is not None)
    return f"{asked.resource} {parts}".strip()


def covers(entry: Permission, asked: Asked) -> bool:
    """Say whether a permission (or denial) speaks of this; a field it leaves out means any."""
    if entry.resource != asked.resource:
        return False
    return all(
        _matches(name, limit, asked.value)
        for name, limit in entry.value.items()
        if name not in NO_LIMITS and limit is not None
    )


def _matches(name: str, limit: JsonValue, value: Mapping[str, JsonValue]) -> bool:
    match name:
        case "methods":
            return isinstance(limit, list) and value.get("method") in limit
        case "path":
            return in_glob(str(limit), str(value.get("path", "")))
        case "args" | "cwd" | "env":
            return is_allowed(name, limit, value.get(name))
        case "host":
            return _same_host(str(limit), str(value.get("host", "")))
        case _:
            return limit == value.get(name)


def _same_host(limit: str, host: str) -> bool:
    return limit.strip("[]").rstrip(".").lower() == host.strip("[]").rstrip(".").lower()


def is_closed(path: str) -> bool:
    """Say whether a path leads into a folder of the engine, however a file system reads it."""
    return path.split("/", 1)[0].rstrip(". ").casefold() in CLOSED_FOLDERS


def in_glob(glob: str, path: str) -> bool:
    """Say whether a project-relative path fits a glob; `**` crosses folders, `*` does not."""
    if is_closed(path):
        return False
    return _pattern(glob).fullmatch(path) is not None


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    """Return the pattern of a glob; only its last `**` is ever tried at a second place.

    What stands between two stars is taken where it first comes, for that leaves the most room to
    the rest: no path, however it is made up, keeps the matching busy.
    """
    begin, *parts = re.split(r"((?:\A|(?<=/))\*\*/|\*\*)", glob)
    text = f"(?>{_in_folders(begin)})" if parts else _in_folders(begin)
    for place in range(0, len(parts), 2):
        over = "(?:|.*?/)" if parts[place] == "**/" else ".*?"
        rest = over + _in_folders(parts[place + 1])
        text += rest if place + 2 == len(parts) else f"(?>{rest})"
    return re.compile(text, re.DOTALL)


def _in_folders(glob: str) -> str:
    """Return the pattern of a glob without `**`, whose stars stay inside one folder each."""
    begin, *parts = ("[^/]".join(map(re.escape, part.split("?"))) for part in glob.split("*"))
    atomic = (f"(?>[^/]*?{part})" for part in parts[:-1])
    return begin + "".join(atomic) + (f"[^/]*?{parts[-1]}" if parts else "")
