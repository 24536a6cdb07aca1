"""What lies in a wheel and where it belongs. Standard library only: sandbox workers use it."""

from pathlib import PurePosixPath
from zipfile import ZipFile, ZipInfo

# The parts of `<name>.data` that are importable; scripts and the like are of no use here.
IMPORTABLE = ("purelib", "platlib")


class BadWheel(ValueError):
    """A wheel that no installer would write."""


def places(archive: ZipFile) -> dict[str, ZipInfo]:
    """Return every importable file of a wheel by its place below the folder for imports."""
    found = {
        _place(member.filename): member
        for member in archive.infolist()
        if not member.filename.endswith("/")
    }
    return {place: member for place, member in found.items() if place is not None}


def _place(name: str) -> str | None:
    path = PurePosixPath(name)
    odd = not path.parts or path.is_absolute() or ".." in path.parts
    if odd or any(sign in name for sign in "\\:\0"):
        raise BadWheel(f"a file named {name[:80]!r}")
    if not path.parts[0].endswith(".data"):
        return str(path)
    inner = path.parts[2:]
    return "/".join(inner) if inner and path.parts[1] in IMPORTABLE else None
