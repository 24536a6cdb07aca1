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
# Packages of whoever installed this Python, or another one, are not for automations.
PYTHONS = ("python", "pypy")
OTHERS = ("site-packages", "dist-packages")
TEMPLATES = (jinja2, markupsafe)


def _folder(package: ModuleType) -> Path:
    return Path(package.__file__ or "").parent


def time_zones() -> Path:
    """Return the folder of the time zones."""
    return _folder(tzdata) / "zoneinfo"


def library(folders: Sequence[str]) -> Iterator[str]:
    """Yield what every run may read; `folders` are where Python's own library lies."""
    for place in sorted({Path(name).resolve() for name in SYSTEM}):
        yield from map(str, _without_pythons(place))
    yield str(time_zones())
    yield from (str(_folder(package)) for package in TEMPLATES)
    for folder in map(Path, folders):
        if folder.is_dir():
            yield from (str(path) for path in folder.iterdir() if path.name not in OTHERS)
    yield from map(str, Path(sys.base_prefix, "lib").glob("*.so*"))


def _without_pythons(place: Path) -> Iterator[Path]:
    """Yield a place, or what lies in it if Pythons do; what links lead to is judged itself."""
    inner = list(place.iterdir()) if place.is_dir() else []
    if not any(path.name.startswith(PYTHONS) for path in inner):
        yield place
        return
    for path in inner:
        if not path.name.startswith(PYTHONS) and not path.is_symlink():
            yield path
