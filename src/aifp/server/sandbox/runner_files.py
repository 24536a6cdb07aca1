"""Where the built runner lies, and its native form."""

import asyncio
import hashlib
import importlib.metadata
import os
import platform
import sys
from pathlib import Path

from aifp.schemas.errors import Unavailable
from aifp.server.cache import cache_folder, prune
from aifp.server.sandbox import native, process, staging

BUILD_COMMAND = "python -m aifp.server.sandbox.build"
COMPILE_SECONDS = 300.0
KEPT_NATIVES = 8


def default_cache() -> Path:
    """Return the folder of the user's cache that keeps runners."""
    return cache_folder("sandbox")


def find_runner(cache: Path) -> Path:
    """Return the runner of the present guest sources: the wheel's, else the newest built."""
    pattern = f"runner-{staging.source_digest()}-*.wasm"
    for folder in (Path(__file__).parent, cache):
        found = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
        if found:
            return found[-1]
    raise Unavailable(
        f"The sandbox's runner is not built for this version; build it with: {BUILD_COMMAND}"
    )


async def native_runner(runner: Path, cache: Path) -> Path:
    """Return the runner as native code for this machine, compiled once (about 5 s)."""
    target = await asyncio.to_thread(_native_path, runner, cache)
    if not await asyncio.to_thread(_is_ours, target):
        await _compile(runner, target)
        await asyncio.to_thread(prune, cache, "wasmtime-*.cwasm", KEPT_NATIVES)
    return target


def _native_path(runner: Path, cache: Path) -> Path:
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    sha256 = hashlib.sha256(runner.read_bytes()).hexdigest()
    version = importlib.metadata.version("wasmtime")
    name = f"wasmtime-{version}-{native.CONFIGURATION}-{platform.machine()}-{sha256[:32]}.cwasm"
    return cache / name


def _is_ours(path: Path) -> bool:
    """Say whether native code is there that nobody else could have written."""
    if not path.exists():
        return False
    if sys.platform == "win32":
        return True
    state = path.stat()
    return state.st_uid == os.getuid() and not state.st_mode & 0o077


async def _compile(runner: Path, target: Path) -> None:
    compiler = await process.start("aifp.server.sandbox.native", str(runner), str(target))
    try:
        async with asyncio.timeout(COMPILE_SECONDS):
            await compiler.communicate()
    finally:
        if compiler.returncode is None:
            compiler.kill()
            await compiler.wait()
    if not await asyncio.to_thread(target.exists):
        raise Unavailable(f"The sandbox's runner {runner} could not be compiled on this machine.")
