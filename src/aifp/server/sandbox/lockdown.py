"""Second wall on Linux x86_64: the worker gives up every system call it does not need.

Nothing can be opened, connected, started or signalled after `lock`, and no memory becomes
executable. Elsewhere only the WebAssembly wall stands, and `lock` says so by returning False.
"""

import contextlib
import ctypes
import os
import platform
import socket
import struct
import sys

# read write close fstat lseek munmap brk; signals of its own; writev sched_yield mremap madvise;
# nanosleep getpid exit getrusage sigaltstack gettid futex clocks getrandom membarrier rseq.
ALLOWED = (
    *(0, 1, 3, 5, 8, 11, 12, 13, 14, 15, 20, 24, 25, 28, 35, 39, 60, 96, 98, 131, 186, 201, 202),
    *(204, 219, 228, 229, 230, 231, 273, 318, 324, 334),
)
MMAP, MPROTECT = 9, 10
PROT_EXEC = 4
AUDIT_ARCH_X86_64 = 0xC000003E
KILL, PERMIT, REFUSE = 0x80000000, 0x7FFF0000, 0x00050001  # REFUSE answers EPERM
LOAD, EQUAL, SET, RETURN = 0x20, 0x15, 0x45, 0x06
NUMBER, ARCHITECTURE, THIRD_ARGUMENT = 0, 4, 32
NO_NEW_PRIVS, NO_DUMP = 38, 4
SECCOMP, MODE_FILTER, ALL_THREADS = 317, 1, 1


class Program(ctypes.Structure):
    """The kernel's struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def lock() -> bool:
    """Lock this process down and say whether that is proved."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    _limit_resources()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    libc.prctl(NO_DUMP, 0, 0, 0, 0)
    code = b"".join(_instructions())
    buffer = ctypes.create_string_buffer(code)
    program = Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    if libc.syscall(SECCOMP, MODE_FILTER, ALL_THREADS, ctypes.byref(program)):
        return False
    return _holds()


def _instructions() -> list[bytes]:
    program = [
        _instruction(LOAD, ARCHITECTURE),
        _instruction(EQUAL, AUDIT_ARCH_X86_64, yes=1),
        _instruction(RETURN, KILL),
        _instruction(LOAD, NUMBER),
    ]
    for number in ALLOWED:
        program += [_instruction(EQUAL, number, no=1), _instruction(RETURN, PERMIT)]
    program += [
        _instruction(EQUAL, MMAP, yes=1),
        _instruction(EQUAL, MPROTECT, no=3),
        _instruction(LOAD, THIRD_ARGUMENT),
        _instruction(SET, PROT_EXEC, yes=1),
        _instruction(RETURN, PERMIT),
        _instruction(RETURN, REFUSE),
    ]
    return program


def _instruction(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def _limit_resources() -> None:
    """Lower the limits that hold even where the filter does not."""
    import resource  # noqa: PLC0415 - this module does not exist on Windows

    for name in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(name, (0, 0))


def _holds() -> bool:
    """Try what must fail now."""
    attempts = (
        lambda: os.open("/etc/hostname", os.O_RDONLY),
        socket.socket,
        lambda: os.kill(os.getpid(), 0),
    )
    for attempt in attempts:
        try:
            attempt()
        except PermissionError:
            continue
        return False
    return True
