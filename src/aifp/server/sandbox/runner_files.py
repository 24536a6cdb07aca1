"""Where the built runner lies, and its native form."""

import asyncio
import hashlib
import importlib.metadata
from pathlib import Path

from aifp.schemas.errors import Unavailable
from aifp.server.sandbox import native, process, staging

BUILD_COMMAND = "python -m aifp.server.sandbox.build"
COMPILE_SECONDS = 300.0


def default_cache() -> Path:
    """Return the folder of the user's cache that keeps runners."""
    return Path.home() / ".cache" / "aifp" / "sandbox"


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
    sha256 = await asyncio.to_thread(_sha256, runner)
    version = importlib.metadata.version("wasmtime")
    target = cache / f"wasmtime-{version}-{native.CONFIGURATION}-{sha256[:32]}.cwasm"
    await asyncio.to_thread(cache.mkdir, mode=0o700, parents=True, exist_ok=True)
    if not await asyncio.to_thread(target.exists):
        await _compile(runner, target)
    return target


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


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
