"""What the code prints, up to its limit."""

import io

from aifp.server.sandbox.guest.errors import OutputFull


class Output(io.TextIOBase):
    """Keeps the first bytes; one byte too many ends the run."""

    def __init__(self, limit: int) -> None:
        self._parts: list[str] = []
        self._room = limit
        self.truncated = False

    def writable(self) -> bool:
        """Say that text may be written."""
        return True

    def write(self, s: str, /) -> int:
        """Keep what fits; raise OutputFull when it does not all fit."""
        data = s.encode("utf-8", "replace")
        if len(data) <= self._room:
            self._keep(data.decode(), len(data))
            return len(s)
        self._keep(data[: self._room].decode("utf-8", "ignore"), self._room)
        self.truncated = True
        raise OutputFull

    def _keep(self, text: str, size: int) -> None:
        if text:
            self._parts.append(text)
        self._room -= size

    def text(self) -> str:
        """Return everything that was kept."""
        return "".join(self._parts)
