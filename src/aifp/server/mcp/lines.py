"""Lines of an asyncio stream with a hard cap: what is longer is skipped, never kept."""

import asyncio
import re
from dataclasses import dataclass

from mcp_types import RequestId

MAX_LINE = 4 * 1024 * 1024
_CHUNK = 64 * 1024
_EDGE = 4096

# A complete message names its id first (Python clients) or last (TypeScript clients); both
# patterns are anchored, so an "id" inside the arguments can never be taken for it.
_ID = rb'"id"\s*:\s*(-?\d{1,18}|"[^"\\]{1,200}")\s*'
_VERSION = rb'"jsonrpc"\s*:\s*"2\.0"\s*'
_ID_FIRST = re.compile(rb"\s*\{\s*(?:" + _VERSION + rb",\s*)?" + _ID + rb",")
_ID_LAST = re.compile(rb",\s*" + _ID + rb"(?:,\s*" + _VERSION + rb")?\}\s*\Z")


@dataclass(frozen=True, slots=True)
class Overlong:
    """A line above the cap: its size, and its id where the edges show it."""

    size: int
    id: RequestId | None


class LineReader:
    """Reads lines; memory stays below the cap plus one chunk."""

    def __init__(self, reader: asyncio.StreamReader, cap: int = MAX_LINE) -> None:
        self._reader = reader
        self._cap = cap
        self._buffer = bytearray()
        self._searched = 0

    async def next(self) -> bytes | Overlong | None:
        """Return the next line, an overlong one as its description, None at the end of input."""
        while (line := self._cut()) is None:
            if len(self._buffer) > self._cap:
                return await self._skip()
            chunk = await self._reader.read(_CHUNK)
            if not chunk:
                rest, self._buffer = bytes(self._buffer), bytearray()
                return rest or None
            self._buffer += chunk
        if len(line) > self._cap:
            return Overlong(len(line), _edge_id(line[:_EDGE], line[-_EDGE:]))
        return line

    def _cut(self) -> bytes | None:
        end = self._buffer.find(b"\n", self._searched)
        self._searched = 0 if end >= 0 else len(self._buffer)
        if end < 0:
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    async def _skip(self) -> Overlong:
        """Drop the rest of a line that is too long, keeping only its two edges."""
        head, tail, size = bytes(self._buffer[:_EDGE]), bytes(self._buffer[-_EDGE:]), 0
        chunk, end = bytes(self._buffer), -1
        self._buffer, self._searched = bytearray(), 0
        while chunk and end < 0:
            end = chunk.find(b"\n")
            part = chunk if end < 0 else chunk[:end]
            size, tail = size + len(part), (tail + part)[-_EDGE:]
            self._buffer += chunk[end + 1 :] if end >= 0 else b""
            chunk = b"" if end >= 0 else await self._reader.read(_CHUNK)
        return Overlong(size, _edge_id(head, tail))


def _edge_id(head: bytes, tail: bytes) -> RequestId | None:
    found = _ID_FIRST.match(head) or _ID_LAST.search(tail)
    if not found:
        return None
    text = found[1].decode("ascii", "replace")
    return text[1:-1] if text.startswith('"') else int(text)
