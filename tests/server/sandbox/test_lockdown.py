"""The second wall, seen from outside the worker."""

import platform
import re
import sys
from pathlib import Path

import pytest

from aifp.server.sandbox.wasm import WasmSandbox

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="Linux x86_64 only"
)


async def worker_folder(sandbox: WasmSandbox) -> Path:
    async with sandbox._pool.worker() as worker:  # pyright: ignore[reportPrivateUsage]
        return Path(f"/proc/{worker.pid}")


def field(status: Path, name: str) -> str:
    found = re.search(rf"^{name}:\s+(\d+)$", status.read_text(), re.MULTILINE)
    return found[1] if found else ""


@pytest.mark.req("X07")
async def test_every_thread_of_a_worker_is_filtered_and_gains_no_rights(sandbox: WasmSandbox):
    threads = list((await worker_folder(sandbox)).joinpath("task").iterdir())
    assert len(threads) >= 2
    for thread in threads:
        assert field(thread / "status", "Seccomp") == "2"
        assert field(thread / "status", "NoNewPrivs") == "1"


async def test_a_worker_has_no_environment_of_the_daemon(
    sandbox: WasmSandbox, monkeypatch: pytest.MonkeyPatch
):
    folder = await worker_folder(sandbox)
    try:
        environment = folder.joinpath("environ").read_bytes()
    except PermissionError:
        return  # the worker hides even this from everybody but root
    assert environment == b""


async def test_a_worker_holds_no_file_of_the_project_and_no_socket(sandbox: WasmSandbox):
    folder = await worker_folder(sandbox)
    try:
        targets = {str(link.readlink()) for link in folder.joinpath("fd").iterdir()}
    except PermissionError:
        return
    own = re.compile(r"pipe:\[\d+]|/dev/null|/proc/\d+/(status|clear_refs)|.*/wasmtime-\S+\.cwasm")
    assert [target for target in targets if not own.fullmatch(target)] == []
