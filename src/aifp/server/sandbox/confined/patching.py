"""Replace C functions of this process, whoever calls them: Python itself or compiled packages.

A jump is written over the beginning of the function. The kernel copies a page that is written to,
so no other process sees it. The machine code here is that of x86_64.
"""

import ctypes
import mmap
import os
from collections.abc import Sequence

# movabs rax, target; jmp rax
JUMP = b"\x48\xb8", b"\xff\xe0"


def address_of(library: ctypes.CDLL, name: str) -> int:
    """Return where a C function begins; AttributeError if there is none."""
    return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0


def redirect(function: int, target: int) -> None:
    """Let every call of the function at one address go to another."""
    memory = os.open("/proc/self/mem", os.O_RDWR)
    try:
        os.pwrite(memory, target.to_bytes(8, "little").join(JUMP), function)
    finally:
        os.close(memory)


def place(codes: Sequence[bytes]) -> list[int]:
    """Put machine code where it may be executed but not written, and return its addresses."""
    size = -(-sum(map(len, codes)) // mmap.PAGESIZE) * mmap.PAGESIZE
    page = mmap.mmap(-1, size, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    begin = ctypes.addressof(ctypes.c_char.from_buffer(page))
    addresses: list[int] = []
    for code in codes:
        addresses.append(begin + page.tell())
        page.write(code)
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    if protect(begin, size, mmap.PROT_READ | mmap.PROT_EXEC):
        raise OSError(ctypes.get_errno(), "no memory may become executable here")
    _kept.append(page)
    return addresses


_kept: list[mmap.mmap] = []
