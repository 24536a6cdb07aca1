"""Give up every right that code in this process must not have, for good."""

import contextlib
import os
import resource
import socket
from collections.abc import Iterable
from pathlib import Path

from aifp.server.sandbox import seccomp
from aifp.server.sandbox.confined import landlock

# All that Python and compiled packages need to compute and to load modules; nothing that starts,
# signals, connects, writes, waits, tells the time or makes a thread. Landlock guards what opens.
ALLOWED = (
    # read write open close stat fstat lstat lseek mmap mprotect munmap brk
    *(0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12),
    # signals of its own, pread readv writev access sched_yield mremap madvise dup dup2 getpid
    *(13, 14, 15, 17, 19, 20, 21, 24, 25, 28, 32, 33, 39),
    # exit uname getcwd readlink sysinfo getuid getgid geteuid getegid sigaltstack gettid
    *(60, 63, 79, 89, 99, 102, 104, 107, 108, 131, 186),
    # futex sched_getaffinity getdents set_tid_address fadvise clock_getres exit_group
    *(202, 204, 217, 218, 221, 229, 231),
    # openat newfstatat readlinkat faccessat set_robust_list dup3 membarrier
    *(257, 262, 267, 269, 273, 292, 324),
    # statx rseq faccessat2
    *(332, 334, 439),
)
# The number of a call, which argument decides, and its permitted values:
# ioctl (is it a terminal, close on exec or not), fcntl (copies and flags of a descriptor).
DECIDED = ((16, 1, (0x5401, 0x5450, 0x5451)), (72, 1, (0, 1, 2, 3, 1030)))
# Limits are read through this one, with no new limit given: the third argument is null.
READ_LIMITS, NEW_LIMIT = 302, seccomp.FIRST_ARGUMENT + 16
MOST_FILES = 64
SPARE_SECONDS = 2


def confine(readable: Iterable[str], memory_mb: int, cpu_ms: int) -> None:
    """Confine this process; raises OSError when any part of that fails."""
    _limit(memory_mb, cpu_ms)
    landlock.restrict(readable)
    if not seccomp.install(_filter()):
        raise OSError("the kernel does not take the filter of system calls")
    _require_held()


def _filter() -> list[bytes]:
    refuse = seccomp.instruction(seccomp.RETURN, seccomp.REFUSE)
    permit = seccomp.instruction(seccomp.RETURN, seccomp.PERMIT)
    program = [*seccomp.beginning(), *seccomp.permitted(ALLOWED)]
    for number, argument, values in DECIDED:
        cases = [
            seccomp.instruction(seccomp.LOAD, seccomp.FIRST_ARGUMENT + 8 * argument),
            *seccomp.permitted(values),
            refuse,
        ]
        program += [seccomp.instruction(seccomp.EQUAL, number, no=len(cases)), *cases]
    return [
        *program,
        seccomp.instruction(seccomp.EQUAL, READ_LIMITS, no=5),
        seccomp.instruction(seccomp.LOAD, NEW_LIMIT),
        seccomp.instruction(seccomp.EQUAL, 0, no=3),
        seccomp.instruction(seccomp.LOAD, NEW_LIMIT + 4),
        seccomp.instruction(seccomp.EQUAL, 0, no=1),
        permit,
        refuse,
    ]


def _limit(memory_mb: int, cpu_ms: int) -> None:
    """Set what the kernel counts; the memory comes on top of what Python has mapped by now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limits = {
        resource.RLIMIT_AS: pages * resource.getpagesize() + memory_mb * 1024 * 1024,
        resource.RLIMIT_CPU: cpu_ms // 1000 + SPARE_SECONDS,
        resource.RLIMIT_NOFILE: MOST_FILES,
        **dict.fromkeys((resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC), 0),
    }
    for name, most in limits.items():
        resource.setrlimit(name, (most, most))


def _require_held() -> None:
    """Try what must fail now."""
    attempts = (
        lambda: os.open("/etc/passwd", os.O_RDONLY),
        lambda: list(Path("/").iterdir()),
        lambda: os.open("aifp-confined", os.O_WRONLY | os.O_CREAT),
        socket.socket,
        os.fork,
        lambda: os.kill(os.getpid(), 0),
    )
    for attempt in attempts:
        with contextlib.suppress(PermissionError):
            attempt()
            raise OSError("the confinement does not hold")
