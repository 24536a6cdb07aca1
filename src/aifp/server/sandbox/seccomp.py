"""Filters of system calls as the Linux kernel takes them, for x86_64."""

import ctypes
import struct
from collections.abc import Sequence

AUDIT_ARCH_X86_64 = 0xC000003E
KILL, PERMIT, REFUSE = 0x80000000, 0x7FFF0000, 0x00050001  # REFUSE answers EPERM
LOAD, EQUAL, SET, RETURN = 0x20, 0x15, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
NO_NEW_PRIVS, NO_DUMP = 38, 4
SECCOMP, MODE_FILTER, ALL_THREADS = 317, 1, 1


class Program(ctypes.Structure):
    """The kernel's struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def instruction(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    """Return one instruction; `yes` and `no` say how many to skip."""
    return struct.pack("HBBI", code, yes, no, value)


def beginning() -> list[bytes]:
    """Return the start of a filter: end foreign programs, load the number of the call."""
    return [
        instruction(LOAD, ARCHITECTURE),
        instruction(EQUAL, AUDIT_ARCH_X86_64, yes=1),
        instruction(RETURN, KILL),
        instruction(LOAD, NUMBER),
    ]


def permitted(numbers: Sequence[int]) -> list[bytes]:
    """Return instructions that permit these calls and go on with all others."""
    program: list[bytes] = []
    for number in numbers:
        program += [instruction(EQUAL, number, no=1), instruction(RETURN, PERMIT)]
    return program


def install(program: Sequence[bytes]) -> bool:
    """Put a filter over every thread of this process for good, and say whether it took."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    libc.prctl(NO_DUMP, 0, 0, 0, 0)
    buffer = ctypes.create_string_buffer(b"".join(program))
    filled = Program(len(program), ctypes.cast(buffer, ctypes.c_void_p))
    return libc.syscall(SECCOMP, MODE_FILTER, ALL_THREADS, ctypes.byref(filled)) == 0
