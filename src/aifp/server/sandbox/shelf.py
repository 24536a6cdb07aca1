"""The packages a worker holds: wheels by their hash, read file by file. Standard library only."""

import codecs
import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

from aifp.server.wheels import places

KEY = 64  # a sha256, hex, in front of the bytes
# Names in wheels need it, and a locked worker can open no file of Python any more.
codecs.lookup("cp437")
MAX_FILE = 32 * 1024 * 1024


class Shelf:
    """What the job at hand may import, out of all that is held."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, zipfile.ZipInfo]] = {}
        self._archives: dict[str, zipfile.ZipFile] = {}
        self._open: dict[str, tuple[str, zipfile.ZipInfo]] = {}

    def take(self, payload: bytes) -> None:
        """Hold one more wheel; the daemon has checked its bytes. Without bytes drop them all."""
        if not payload:
            self._held.clear()
            self._archives.clear()
            return
        key, archive = payload[:KEY].decode(), zipfile.ZipFile(io.BytesIO(payload[KEY:]))
        self._held[key], self._archives[key] = places(archive), archive

    def begin(self, keys: Sequence[str]) -> None:
        """Open exactly these packages to the next job; the first of two equal names counts."""
        self._open = {}
        for key in keys:
            for place, member in self._held[key].items():
                self._open.setdefault(place, (key, member))

    def answer(self, request: dict[str, Any]) -> str:
        """Return the names of all files, or one file with each byte as one character."""
        if "files" in request:
            return json.dumps(list(self._open))
        key, member = self._open[str(request["file"])]
        if member.file_size > MAX_FILE:
            raise ValueError(f"{member.filename} is over {MAX_FILE >> 20} MB")
        return self._archives[key].read(member).decode("latin-1")
