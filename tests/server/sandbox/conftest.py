from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from aifp.server.sandbox.build import build_with_display
from aifp.server.sandbox.confined.sandbox import ProcessSandbox, missing, open_process_sandbox
from aifp.server.sandbox.runner_files import default_cache
from aifp.server.sandbox.wasm import WasmSandbox, open_sandbox


@pytest.fixture(scope="session")
def runner_cache() -> Path:
    """The user's own cache, so that the runner is built once for each state of its sources."""
    build_with_display(default_cache())
    return default_cache()


@pytest.fixture
async def sandbox(runner_cache: Path) -> AsyncGenerator[WasmSandbox]:
    """The default sandbox, WebAssembly."""
    async with open_sandbox(workers=1, cache=runner_cache) as opened:
        yield opened


@pytest.fixture
async def confined() -> AsyncGenerator[ProcessSandbox]:
    """The sandbox for compiled packages."""
    if missing() is not None:
        pytest.skip(f"compiled packages need {missing()}")
    async with open_process_sandbox(workers=1) as opened:
        yield opened


@pytest.fixture(params=["wasm", "process"])
def each(request: pytest.FixtureRequest) -> WasmSandbox | ProcessSandbox:
    """Every sandbox, one after the other: they keep one contract."""
    return request.getfixturevalue("sandbox" if request.param == "wasm" else "confined")
