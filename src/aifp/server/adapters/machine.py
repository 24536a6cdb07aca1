"""What this machine offers to directives: packages, programs, variables."""

import importlib.metadata
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from aifp.schemas.errors import Unavailable
from aifp.schemas.packages import Pin

# The project's own packages; the server's environment is never touched.
PACKAGES = ".aifp-project/packages"


class HostMachine:
    """Implements the Machine port for one project."""

    def __init__(self, project: Path) -> None:
        self._packages = project / PACKAGES

    async def package(self, name: str) -> str | None:
        """Return the version of a package in the project's folder."""
        found = importlib.metadata.distributions(name=name, path=[str(self._packages)])
        return next((one.version for one in found), None)

    async def program(self, name: str) -> str | None:
        """Return the path of a program."""
        return shutil.which(name)

    async def variable(self, name: str) -> bool:
        """Tell whether a variable is set."""
        return name in os.environ

    async def resolve(self, requirement: str) -> list[Pin]:
        """Refuse: packages cannot be installed yet."""
        raise Unavailable(f"{requirement} cannot be installed: this version installs no packages.")

    async def install(self, pins: Sequence[Pin]) -> None:
        """Refuse: packages cannot be installed yet."""
        raise Unavailable("This version installs no packages.")
