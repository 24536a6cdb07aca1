"""Attempts of native code, which WebAssembly does not even load: the kernel must refuse each."""

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from aifp.server.sandbox.confined import readable
from aifp.server.sandbox.confined.sandbox import ProcessSandbox, missing, open_process_sandbox
from tests.server.sandbox.doubles import Host, job

# Each is a system call of x86_64 with its arguments. The filter answers each with EPERM, as most of
# them would be answered without it by something else; the rules over files answer with EACCES.
OPENS = {
    "open a file past the library": "syscall(2, b'{canary}', 0)",
    "create a file by opening it": "syscall(2, b'{folder}/new', 0o101, 0o600)",
    "write a file": "syscall(257, -100, b'{canary}', 1)",
    "list a folder": "syscall(2, b'{folder}', 0o200000)",
}
CALLS = {
    "open with openat2": "syscall(437, -100, b'{canary}', how, 24)",
    "open by handle": "syscall(304, -100, b'{canary}', 0)",
    "create a file": "syscall(85, b'{folder}/new', 0o600)",
    "truncate a file": "syscall(76, b'{canary}', 0)",
    "rename a file": "syscall(82, b'{canary}', b'{folder}/new')",
    "change the rights of a file": "syscall(90, b'{canary}', 0o777)",
    "link a file": "syscall(86, b'{canary}', b'{folder}/new')",
    "open a socket": "syscall(41, 2, 1, 0)",
    "open a vsock": "syscall(41, 40, 1, 0)",
    "make a pair of sockets": "syscall(53, 1, 1, 0, how)",
    "connect the door elsewhere": "syscall(42, 3, how, 16)",
    "send a descriptor through the door": "syscall(46, 3, how, 0)",
    "fork": "syscall(57)",
    "vfork": "syscall(58)",
    "clone": "syscall(56, 17, 0, 0, 0, 0)",
    "clone anew": "syscall(435, how, 88)",
    "start a program": "syscall(59, b'/bin/true', 0, 0)",
    "start a program by descriptor": "syscall(322, 0, b'', 0, 0, 0x1000)",
    "trace the daemon": "syscall(101, 16, {daemon}, 0, 0)",
    "read the daemon's memory": "syscall(310, {daemon}, how, 1, how, 1, 0)",
    "signal the daemon": "syscall(62, {daemon}, 0)",
    "signal a thread of the daemon": "syscall(234, {daemon}, {daemon}, 0)",
    "take a descriptor of the daemon": "syscall(434, {daemon}, 0)",
    "limit the daemon": "syscall(302, {daemon}, 7, how, 0)",
    "raise its own limits": "syscall(302, 0, 1, how, 0)",
    "outlive the daemon": "syscall(157, 1, 0, 0, 0, 0)",
    "have a signal sent to the daemon": "syscall(72, 0, 8, {daemon})",
    "push input into a terminal": "syscall(16, 0, 0x5412, b'x')",
    "make a namespace": "syscall(272, 0x10000000)",
    "mount": "syscall(165, b'none', b'/mnt', b'tmpfs', 0, 0)",
    "change the root": "syscall(161, b'/')",
    "leave the working folder": "syscall(80, b'/tmp')",
    "ask for a key": "syscall(250, 0, -3, 0, 0, 0)",
    "load a program into the kernel": "syscall(321, 0, how, 48)",
    "queue work for the kernel": "syscall(425, 1, how)",
    "handle page faults": "syscall(323, 0)",
    "watch performance": "syscall(298, how, 0, -1, -1, 0)",
    "share memory with others": "syscall(29, 1, 4096, 0o1600)",
    "make a file in memory": "syscall(319, b'x', 0)",
    "watch files": "syscall(253)",
    "wait without the host": "syscall(35, how, 0)",
    "ask the kernel for the time": "syscall(228, 0, how)",
    "ask for its use of the processor": "syscall(98, 0, how)",
    "ask the kernel for randomness": "syscall(318, how, 16, 0)",
    "make a call of the other numbering": "syscall(0x40000000 + 41, 2, 1, 0)",
}
CODE = """
import ctypes
def execute(ctx):
    libc = ctypes.CDLL(None, use_errno=True)
    how = ctypes.create_string_buffer(256)
    def syscall(*arguments):
        answer = libc.syscall(*arguments)
        return [answer, ctypes.get_errno()]
    return {attempts}
"""


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.req("D96", "X07")
async def test_the_kernel_refuses_every_other_call(confined: ProcessSandbox, tmp_path: Path):
    canary = tmp_path / "canary"
    canary.write_text("secret")
    attempts = ", ".join(f"{name!r}: {call}" for name, call in {**OPENS, **CALLS}.items())
    filled = attempts.format(canary=canary, folder=tmp_path, daemon=os.getpid())
    end = await confined.run(job(CODE.format(attempts=f"{{{filled}}}")))
    assert end.status == "ok" and isinstance(end.result, dict), end
    expected = {name: [-1, errno.EACCES if name in OPENS else errno.EPERM] for name in end.result}
    assert end.result == expected
    assert names_in(tmp_path) == ["canary"]
    assert canary.read_text() == "secret"


@pytest.mark.parametrize(
    "path",
    [
        "/proc/self/environ",
        "/proc/self/maps",
        "/proc/{daemon}/environ",
        "/proc/{daemon}/root/etc/passwd",
        "/dev/urandom",
        "/etc/hosts",
        "/sys/kernel/mm/transparent_hugepage/enabled",
        "{pytest}",
    ],
)
async def test_nothing_but_pythons_own_library_can_be_read(confined: ProcessSandbox, path: str):
    filled = path.format(daemon=os.getpid(), pytest=pytest.__file__)
    end = await confined.run(job(f"def execute(ctx):\n    return open({filled!r}, 'rb').read()\n"))
    assert end.error_type == "PermissionError", end


async def test_packages_of_this_installation_cannot_be_imported(confined: ProcessSandbox):
    end = await confined.run(job("import pydantic\ndef execute(ctx):\n    return 1\n"))
    assert end.error == "No module named 'pydantic'"


# Where Debian and its kin put Python, beside the shared libraries that every process needs.
SYSTEMS = [*map(str, Path("/usr/lib").glob("python*/*-packages"))]
PREFIXES = {sys.executable: sys.base_prefix}
if Path("/usr/bin/python3").resolve().name == "python{}.{}".format(*sys.version_info):
    PREFIXES["/usr/bin/python3"] = "/usr"
LISTING = """
import os, sys
def execute(ctx):
    return [sys.base_prefix, [name for name in {names} if not refused(name)]]

def refused(name):
    try:
        os.listdir(name)
    except PermissionError:
        return True
"""


@pytest.mark.skipif(not SYSTEMS, reason="no package is installed for the system")
@pytest.mark.parametrize("python", PREFIXES)
async def test_packages_of_the_system_cannot_be_read(python: str, monkeypatch: pytest.MonkeyPatch):
    if missing():
        pytest.skip(f"compiled packages need {missing()}")
    monkeypatch.setattr(sys, "executable", python)
    async with open_process_sandbox(workers=1) as sandbox:
        end = await sandbox.run(job(LISTING.format(names=SYSTEMS)))
    assert (end.status, end.result) == ("ok", [PREFIXES[python], []]), end


def test_no_folder_with_packages_of_the_system_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("x86_64", "python3/dist-packages", "python3.11/lib-dynload", "pypy3"):
        (tmp_path / "lib" / name).mkdir(parents=True)
    (tmp_path / "lib" / "link.so").symlink_to(tmp_path / "lib" / "python3")
    (tmp_path / "lib" / "found.so").touch()
    (tmp_path / "lib64").symlink_to(tmp_path / "lib")
    monkeypatch.setattr(readable, "SYSTEM", [str(tmp_path / name) for name in ("lib", "lib64")])
    own = str(tmp_path / "lib" / "python3.11")
    found = [name for name in readable.library([own]) if name.startswith(str(tmp_path))]
    inside = sorted(str(Path(name).relative_to(tmp_path / "lib")) for name in found)
    assert inside == ["found.so", "python3.11/lib-dynload", "x86_64"]


async def test_a_call_of_a_foreign_processor_mode_ends_the_process(confined: ProcessSandbox):
    """The 32-bit door of the kernel (int 0x80) has other numbers: 1 is exit, not write."""
    code = """
import ctypes, mmap
def execute(ctx):
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(bytes.fromhex("b814000000cd80c3"))
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""
    end = await confined.run(job(code))
    assert (end.status, end.error) == ("crashed", "the process of the code ended by SIGSYS")


FORGING = """
import json, os, struct
def execute(ctx):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, struct.pack("<Ic", len(FRAME), KIND) + FRAME)
        except OSError:
            pass
    while True:
        os.read(3, 1)
"""


async def forge(confined: ProcessSandbox, host: Host, kind: bytes, frame: bytes):
    code = FORGING.replace("FRAME", repr(frame)).replace("KIND", repr(kind))
    return await confined.run(job(code, functions=["log"], wall_ms=5000), host)


async def test_a_forged_call_meets_the_same_grants(confined: ProcessSandbox):
    host = Host()
    call = [{"function": "command", "arguments": {"argv": ["true"]}}]
    end = await forge(confined, host, b"C", json.dumps(call).encode())
    assert (end.error_type, end.error) == ("NotGranted", "command was not granted")
    assert host.batches == []


async def test_a_forged_end_is_no_more_than_what_code_may_return(confined: ProcessSandbox):
    forged = {"status": "ok", "backend": "wasm", "wall_ms": 0, "cpu_ms": 0, "memory_peak_mb": 0}
    end = await forge(confined, Host(), b"E", json.dumps(forged).encode())
    assert (end.status, end.backend) == ("ok", "process")
    assert end.wall_ms > 0 and end.cpu_ms > 0
    assert end.memory_peak_mb is not None and end.memory_peak_mb > 5


@pytest.mark.parametrize("kind", [b"E", b"C", b"R", b"\0"])
async def test_garbage_at_the_door_ends_the_run_alone(confined: ProcessSandbox, kind: bytes):
    host = Host()
    end = await forge(confined, host, kind, b"\xff" * 1000)
    assert end.status == "crashed" and host.batches == []
    assert (await confined.run(job("def execute(ctx):\n    return 'fit'\n"))).result == "fit"
