"""Things that directives may need, really there."""

import shutil
from pathlib import Path

from aifp.schemas.packages import PACKAGES, WHEEL
from tests.wheelhouse import add_wheel


def install_package(project: Path, name: str, version: str) -> None:
    """Put one version of a package into the project's own folder, and take other ones away."""
    for old in (project / PACKAGES).glob(f"{name}-*"):
        shutil.rmtree(old)
    wheel = add_wheel(project / "wheels", name, version, {f"{name}.py": ""})
    folder = project / PACKAGES / f"{name}-{version}-0123456789abcdef"
    folder.mkdir(parents=True)
    wheel.rename(folder / WHEEL)


def make_program(place: Path) -> Path:
    """Write a program that can be started, and return its path."""
    place.write_text("#!/bin/sh\n")
    place.chmod(0o755)
    return place
