"""Which files code in the process sandbox may read: Python's library and what it is linked to."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import jinja2
import markupsafe
import tzdata

# Shared libraries of the system, and where the linker looks them up.
SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
# Packages of whoever installed this Python are not for automations.
OTHERS = ("site-packages", "dist-packages")
TEMPLATES = (jinja2, markupsafe)


def _folder(package: ModuleType) -> Path:
    return Path(package.__file__ or "").parent


def time_zones() -> Path:
    """Return the folder of the time zones."""
    return _folder(tzdata) / "zoneinfo"


def library(folders: Sequence[str]) -> Iterator[str]:
    """Yield what every run may read; `folders` are where Python's own library lies."""
    yield from SYSTEM
    yield str(time_zones())
    yield from (str(_folder(package)) for package in TEMPLATES)
    for folder in map(Path, folders):
        if folder.is_dir():
            yield from (str(path) for path in folder.iterdir() if path.name not in OTHERS)
    yield from map(str, Path(sys.base_prefix, "lib").glob("*.so*"))
