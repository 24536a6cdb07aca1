"""What this machine offers to directives: packages, programs, variables."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from aifp.schemas.errors import DependencyMissing
from aifp.schemas.packages import Pin
from aifp.server.adapters.packages import PackageFolder
from aifp.server.adapters.pip import Pip


class HostMachine:
    """Implements the Machine port for one project; the server's environment is never touched."""

    def __init__(self, project: Path, package_index: str | None = None) -> None:
        self._project = project
        self._packages = PackageFolder(project)
        self._pip = Pip(package_index)
        self._installing = asyncio.Lock()

    async def package(self, name: str) -> str | None:
        """Return the highest version of a package in the project's folder."""
        found = await asyncio.to_thread(lambda: [*self._packages.versions(canonicalize_name(name))])
        return max(found, key=Version, default=None)

    async def program(self, name: str) -> str | None:
        """Return the real path of a program; one with a folder lies in the project."""
        named = str(self._project / name) if Path(name).name != name else name
        return await asyncio.to_thread(_real_path, named)

    async def variable(self, name: str) -> bool:
        """Tell whether a variable is set."""
        return name in os.environ

    async def resolve(self, requirements: Sequence[str]) -> list[Pin]:
        """Return exact versions with hashes."""
        return await self._pip.resolve(requirements)

    async def place(self, pins: Sequence[Pin], *, install: bool = False) -> list[str]:
        """Return the folders of exactly these packages; `install` fetches what is not there."""
        if not pins:
            return []
        if install:
            async with self._installing:
                await self._install(pins)
        return await asyncio.to_thread(self._found, pins)

    def _found(self, pins: Sequence[Pin]) -> list[str]:
        found, lacking = list[str](), list[str]()
        for pin in pins:
            try:
                found.append(str(self._packages.tree_of(pin)))
            except DependencyMissing as lack:
                lacking.append(str(lack))
        if lacking:
            raise DependencyMissing(f"{'; '.join(lacking)}.")
        return found

    async def _install(self, pins: Sequence[Pin]) -> None:
        lacking = await asyncio.to_thread(lambda: [p for p in pins if self._packages.lacks(p)])
        if not lacking:
            return
        draft = await asyncio.to_thread(self._packages.draft)
        try:
            await self._pip.fetch(lacking, draft)
            await asyncio.to_thread(self._packages.take, lacking, draft)
        finally:
            await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)


def _real_path(name: str) -> str | None:
    found = shutil.which(name)
    return str(Path(found).resolve()) if found else None
