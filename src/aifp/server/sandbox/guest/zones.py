"""Time zones from memory; there are no files to read them from."""

import io
import zlib
import zoneinfo
from pathlib import Path
from zoneinfo import _common  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

_zones: dict[str, bytes] = {}


def take(folder: Path) -> None:
    """Keep every time zone below a folder and serve zoneinfo from memory."""
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        if data.startswith(b"TZif"):
            _zones[path.relative_to(folder).as_posix()] = zlib.compress(data)
    zoneinfo.reset_tzpath(to=())
    _common.load_tzdata = _open  # pyright: ignore[reportUnknownMemberType]


def _open(key: str) -> io.BytesIO:
    if key not in _zones:
        raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {key}")
    return io.BytesIO(zlib.decompress(_zones[key]))
