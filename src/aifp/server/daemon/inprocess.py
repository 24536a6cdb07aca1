"""Serve one client over this process's own stdin and stdout, without a daemon beside it."""

import _thread
import asyncio
import os
import socket
import sys
from contextlib import suppress

from aifp.schemas.common import JsonMap
from aifp.server.daemon.lifetime import ending_on_signals
from aifp.server.daemon.server import ServeClient

_CHUNK = 65536


async def serve_stdio(serve_client: ServeClient, options: JsonMap) -> None:
    """Serve until the end of input or SIGTERM; stray prints go to stderr while this runs.

    Two threads carry bytes between the descriptors and a socket pair, because stdin and stdout
    may be files or consoles, which event loops cannot wait for.
    """
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    out = os.dup(1)
    os.dup2(2, 1)
    try:
        done = _lock_taken()
        _thread.start_new_thread(_upload, (ours,))
        _thread.start_new_thread(_download, (ours, out, done))
        reader, writer = await asyncio.open_connection(sock=theirs)
        with ending_on_signals(lambda _: _end_input(ours)):
            await serve_client(reader, writer, options)
        writer.close()
        await asyncio.get_running_loop().run_in_executor(None, done.acquire)
    finally:
        sys.stdout.flush()
        os.dup2(out, 1)
        os.close(out)


def _lock_taken() -> _thread.LockType:
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


def _upload(link: socket.socket) -> None:
    with suppress(OSError):
        while data := os.read(0, _CHUNK):
            link.sendall(data)
    _end_input(link)


def _end_input(link: socket.socket) -> None:
    with suppress(OSError):
        link.shutdown(socket.SHUT_WR)


def _download(link: socket.socket, out: int, done: _thread.LockType) -> None:
    try:
        while data := link.recv(_CHUNK):
            while data:
                data = data[os.write(out, data) :]
    except OSError:
        # The client has closed its end; the session ends with the stream.
        link.close()
    finally:
        done.release()
