from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from aifp.server.sandbox.build import build_with_display
from aifp.server.sandbox.runner_files import default_cache
from aifp.server.sandbox.wasm import WasmSandbox, open_sandbox


@pytest.fixture(scope="session")
def runner_cache() -> Path:
    """The user's own cache, so that the runner is built once for each state of its sources."""
    build_with_display(default_cache())
    return default_cache()


@pytest.fixture
async def sandbox(runner_cache: Path) -> AsyncGenerator[WasmSandbox]:
    async with open_sandbox(workers=1, cache=runner_cache) as opened:
        yield opened
