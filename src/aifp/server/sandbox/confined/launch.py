"""Start Python anew with the same addresses and hashes each time, so that runs can be repeated."""

import ctypes
import os
import sys

ADDRESSES_NOT_RANDOM = 0x0040000
ASK = 0xFFFFFFFF
# No site packages, no user's folders, no files written, text always UTF-8. Not -I: it would ignore
# PYTHONHASHSEED, and the environment is the daemon's own choice.
FLAGS = ("-S", "-s", "-P", "-B", "-X", "utf8", "-c")
START = "import sys; sys.path[:0] = {paths!r}; from {module} import main; main({count})"


def main() -> None:
    """Become the worker; where the kernel keeps addresses random, only `id` differs."""
    libc = ctypes.CDLL(None)
    libc.personality(libc.personality(ctypes.c_ulong(ASK)) | ADDRESSES_NOT_RANDOM)
    paths = sys.argv[1:]
    code = START.format(paths=paths, module="aifp.server.sandbox.confined.worker", count=len(paths))
    os.execve(sys.executable, [sys.executable, *FLAGS, code], dict(os.environ))  # noqa: S606
