"""Named SQL and migrations, read from schemas/sql."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

HEAD = re.compile(r"^-- name: (\w+)\n(?:--.*\n)*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step of a schema."""

    version: int
    script: str
    checksum: str


@cache
def load_queries(database: str) -> dict[str, str]:
    """Return every named query of one database."""
    folder = files("aifp.schemas") / "sql" / database / "queries"
    if not folder.is_dir():
        return {}
    found: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        names_and_bodies = HEAD.split(file.read_text(encoding="utf-8"))[1:]
        for name, body in zip(names_and_bodies[::2], names_and_bodies[1::2], strict=True):
            if name in found:
                raise ValueError(f"{file.name}: query {name} is defined twice")
            found[name] = body.strip().removesuffix(";")
    return found


@cache
def load_migrations(database: str) -> tuple[Migration, ...]:
    """Return the migrations of one database in order."""
    folder = files("aifp.schemas") / "sql" / database / "migrations"
    scripts = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    return tuple(_migration(file.name, file.read_text(encoding="utf-8")) for file in scripts)


def _migration(name: str, script: str) -> Migration:
    checksum = hashlib.sha256(script.encode("utf-8")).hexdigest()
    return Migration(version=int(name[:4]), script=script, checksum=checksum)
