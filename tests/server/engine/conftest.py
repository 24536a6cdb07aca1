from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from aifp.server.sandbox.build import build_with_display
from aifp.server.sandbox.runner_files import default_cache
from aifp.server.sandbox.wasm import WasmSandbox, open_sandbox
from tests.server.engine.loopback import Loopback, loopback
from tests.server.engine.workbench import Workbench, open_workbench


@pytest.fixture(scope="session")
def engine_runner_cache() -> Path:
    build_with_display(default_cache())
    return default_cache()


@pytest.fixture
async def engine_sandbox(engine_runner_cache: Path) -> AsyncGenerator[WasmSandbox]:
    async with open_sandbox(workers=1, cache=engine_runner_cache) as opened:
        yield opened


@pytest.fixture
async def bench(tmp_path: Path, engine_sandbox: WasmSandbox) -> AsyncGenerator[Workbench]:
    async with open_workbench(tmp_path, engine_sandbox) as workbench:
        yield workbench


@pytest.fixture
def server() -> Iterator[Loopback]:
    with loopback() as running:
        yield running
