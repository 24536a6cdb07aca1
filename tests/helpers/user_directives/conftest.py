from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from aifp.schemas.ports import Ctx, Sandbox
from aifp.schemas.settings import Settings
from aifp.server.adapters.files import ProjectFiles
from aifp.server.adapters.keyring import FileKeyring
from aifp.server.adapters.machine import HostMachine
from aifp.server.db.connection import open_databases
from aifp.server.sandbox.build import build_with_display
from aifp.server.sandbox.runner_files import default_cache
from aifp.server.sandbox.wasm import WasmSandbox, open_sandbox
from tests.clock import FakeClock
from tests.helpers.user_directives.engines import RecordingEngine
from tests.helpers.user_directives.lives import Life
from tests.helpers.user_directives.people import Person


class NoSandbox:
    """Stands where a test needs no code to run; running any is a fault of the test."""

    def profile(self, packages: object = ()) -> str:
        return "none"


Write = Callable[[str, str], str]


@pytest.fixture(scope="session")
def runner_cache() -> Path:
    build_with_display(default_cache())
    return default_cache()


@pytest.fixture
async def sandbox(runner_cache: Path) -> AsyncGenerator[WasmSandbox]:
    async with open_sandbox(workers=1, cache=runner_cache) as opened:
        yield opened


@pytest.fixture
def engine() -> RecordingEngine:
    return RecordingEngine()


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def keyring(tmp_path: Path) -> FileKeyring:
    return FileKeyring(tmp_path / "config")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
async def plain_ctx(
    project: Path, keyring: FileKeyring, person: Person, engine: RecordingEngine
) -> AsyncGenerator[Ctx]:
    """A project with real databases and files, and no sandbox."""
    state = project / ".aifp-project"
    async with open_databases(state) as databases:
        yield Ctx(
            databases=databases,
            clock=FakeClock(),
            files=ProjectFiles(project),
            machine=HostMachine(project),
            sandbox=cast(Sandbox, NoSandbox()),
            engine=engine,
            door=person,
            keyring=keyring,
            settings=Settings(project=project, config_folder=project.parent / "config"),
            actor="ai",
        )


@pytest.fixture
def write(project: Path) -> Write:
    """Write a file of the project and return its path in the project."""

    def file(path: str, text: str) -> str:
        place = project / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        return path

    return file


@pytest.fixture
def ctx(plain_ctx: Ctx, sandbox: WasmSandbox) -> Ctx:
    """The same project with the real sandbox."""
    return replace(plain_ctx, sandbox=sandbox)


@pytest.fixture
def life(ctx: Ctx, person: Person, project: Path, keyring: FileKeyring) -> Life:
    """The same project, with short ways to bring a directive to any place of its life."""
    return Life(ctx, person, project, keyring)
