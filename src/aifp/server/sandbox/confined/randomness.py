"""Randomness as an input of the run, for Python itself and for compiled packages."""

import ctypes

from aifp.server.sandbox.confined import patching
from aifp.server.sandbox.seeded import SeededBytes

GET_RANDOM = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint)


def install(source: SeededBytes) -> None:
    """Let the C library's getrandom answer from a stream; Python fetches all it needs there."""

    def answer(buffer: int, size: int, _flags: int) -> int:
        ctypes.memmove(buffer, source.take(size), size)
        return size

    function = GET_RANDOM(answer)
    _kept.append(function)
    target = ctypes.cast(function, ctypes.c_void_p).value or 0
    patching.redirect(patching.address_of(ctypes.CDLL(None), "getrandom"), target)


_kept: list[object] = []
