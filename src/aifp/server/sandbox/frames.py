"""How the daemon and a worker talk: length, kind, payload. Standard library only."""

import struct
from asyncio import StreamReader
from io import RawIOBase

JOB, CALLS, ANSWERS, ABORT, END, READY = b"J", b"C", b"A", b"X", b"E", b"R"
# A hash and the wheel it stands for, to be held for jobs to come; an empty one drops them all.
PACKAGE = b"P"

# Larger than any job, batch or result that the limits allow; a broken worker cannot fill memory.
MAX_FRAME = 64 * 1024 * 1024
HEAD = struct.Struct("<Ic")


class WorkerLost(Exception):
    """The worker ended, or sent what no worker sends."""


def pack(kind: bytes, payload: bytes = b"") -> bytes:
    """Return one frame as bytes."""
    return HEAD.pack(len(payload), kind) + payload


async def read(reader: StreamReader) -> tuple[bytes, bytes]:
    """Return the next frame from a worker; raises WorkerLost and IncompleteReadError."""
    size, kind = HEAD.unpack(await reader.readexactly(HEAD.size))
    if size > MAX_FRAME:
        raise WorkerLost(f"a frame of {size} bytes")
    return kind, await reader.readexactly(size)


def read_blocking(stream: RawIOBase) -> tuple[bytes, bytes] | None:
    """Return the next frame from the daemon, or None at the end of the stream."""
    head = _exactly(stream, HEAD.size)
    if head is None:
        return None
    size, kind = HEAD.unpack(head)
    payload = _exactly(stream, size)
    return None if payload is None else (kind, payload)


def write_blocking(stream: RawIOBase, kind: bytes, payload: bytes = b"") -> None:
    """Write one frame, all of it."""
    rest = memoryview(pack(kind, payload))
    while rest:
        rest = rest[stream.write(rest) or 0 :]


def _exactly(stream: RawIOBase, size: int) -> bytes | None:
    parts: list[bytes] = []
    while size:
        part = stream.read(size)
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
