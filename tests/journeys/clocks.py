"""A wall clock for one process, moved by a file; the monotonic clock is left alone."""

from pathlib import Path

import pytest

LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


class MovedClock:
    """The clock of the daemon that is started with `variables`."""

    def __init__(self, file: Path) -> None:
        if not LIBRARY.exists():
            pytest.skip("libfaketime is not installed")
        self._file = file
        self.move(0)

    @property
    def variables(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def move(self, seconds: int) -> None:
        """Set the clock so many seconds from the true time, in one step."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n", encoding="ascii")
        new.replace(self._file)
