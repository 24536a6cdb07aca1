"""Second wall on Linux x86_64: the worker gives up every system call it does not need.

Nothing can be opened, connected, started or signalled after `lock`, and no memory becomes
executable. Elsewhere only the WebAssembly wall stands, and `lock` says so by returning False.
"""

import contextlib
import os
import platform
import socket
import sys

from aifp.server.sandbox import seccomp

if sys.platform != "win32":
    import resource

# read write close fstat lseek munmap brk; signals of its own; writev sched_yield mremap madvise;
# nanosleep getpid exit getrusage sigaltstack gettid futex clocks getrandom membarrier rseq.
ALLOWED = (
    *(0, 1, 3, 5, 8, 11, 12, 13, 14, 15, 20, 24, 25, 28, 35, 39, 60, 96, 98, 131, 186, 201, 202),
    *(204, 219, 228, 229, 230, 231, 273, 318, 324, 334),
)
MMAP, MPROTECT = 9, 10
PROT_EXEC = 4
THIRD_ARGUMENT = seccomp.FIRST_ARGUMENT + 16


def lock() -> bool:
    """Lock this process down and say whether that is proved."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    _limit_resources()
    return seccomp.install(_filter()) and _holds()


def _filter() -> list[bytes]:
    return [
        *seccomp.beginning(),
        *seccomp.permitted(ALLOWED),
        seccomp.instruction(seccomp.EQUAL, MMAP, yes=1),
        seccomp.instruction(seccomp.EQUAL, MPROTECT, no=3),
        seccomp.instruction(seccomp.LOAD, THIRD_ARGUMENT),
        seccomp.instruction(seccomp.SET, PROT_EXEC, yes=1),
        seccomp.instruction(seccomp.RETURN, seccomp.PERMIT),
        seccomp.instruction(seccomp.RETURN, seccomp.REFUSE),
    ]


def _limit_resources() -> None:
    """Lower the limits that hold even where the filter does not."""
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
