"""Time as an input of the run: every clock of this process stands still until it is moved.

Programs ask for the time through functions that the kernel maps into each process (the vDSO).
They are redirected to code that reads a table, so that Python, its standard library and compiled
packages see the same time; the system calls behind them are forbidden later.
"""

import ctypes

from aifp.server.sandbox.confined import patching

KERNEL_FUNCTIONS = "linux-vdso.so.1"
CLOCKS = 16
# CLOCK_REALTIME, its coarse and alarm forms, and CLOCK_TAI; all others count from the run's begin.
REAL = frozenset((0, 5, 8, 11))
# Python converts times below one second after the start of a machine badly; wasm begins so, too.
BEGIN_US = 1_000_000

# movabs rax, table; and edi, 15; shl edi, 4; add rax, rdi; movups xmm0, [rax];
# movups [rsi], xmm0; xor eax, eax; ret
CLOCK_GETTIME = (
    b"\x48\xb8",
    b"\x83\xe7\x0f\xc1\xe7\x04\x48\x01\xf8\x0f\x10\x00\x0f\x11\x06\x31\xc0\xc3",
)
# movabs rax, timeval; test rdi, rdi; jz +6; movups xmm0, [rax]; movups [rdi], xmm0;
# xor eax, eax; ret
GETTIMEOFDAY = b"\x48\xb8", b"\x48\x85\xff\x74\x06\x0f\x10\x00\x0f\x11\x07\x31\xc0\xc3"
# movabs rax, table; mov rax, [rax]; test rdi, rdi; jz +3; mov [rdi], rax; ret
TIME = b"\x48\xb8", b"\x48\x8b\x00\x48\x85\xff\x74\x03\x48\x89\x07\xc3"


class FrozenClock:
    """The clocks of this process, from the moment it is made."""

    def __init__(self) -> None:
        self._table = (ctypes.c_longlong * (2 * CLOCKS + 2))()
        self._now_us = self._start_us = 0
        self.start(0)
        table = ctypes.addressof(self._table)
        timeval = table + 16 * CLOCKS
        kernel = ctypes.CDLL(KERNEL_FUNCTIONS)
        functions = {
            "__vdso_clock_gettime": _code(CLOCK_GETTIME, table),
            "__vdso_gettimeofday": _code(GETTIMEOFDAY, timeval),
            "__vdso_time": _code(TIME, table),
        }
        addresses = patching.place(list(functions.values()))
        for name, address in zip(functions, addresses, strict=True):
            patching.redirect(patching.address_of(kernel, name), address)

    def start(self, now_us: int) -> None:
        """Begin a run at this time, in microseconds since 1970."""
        self._start_us = self._now_us = now_us
        self._write()

    def advance(self, now_us: int) -> None:
        """Move on to the time of an answer, never back."""
        self._now_us = max(self._now_us, now_us)
        self._write()

    def _write(self) -> None:
        since = self._now_us - self._start_us + BEGIN_US
        for clock in range(CLOCKS):
            seconds, micros = divmod(self._now_us if clock in REAL else since, 1_000_000)
            self._table[2 * clock : 2 * clock + 2] = [seconds, micros * 1000]
        self._table[2 * CLOCKS :] = list(divmod(self._now_us, 1_000_000))


def _code(parts: tuple[bytes, bytes], address: int) -> bytes:
    return address.to_bytes(8, "little").join(parts)
