"""Things that directives may need, really there."""

from pathlib import Path


def install_package(project: Path, name: str, version: str) -> None:
    """Put the record of an installed package into the project's own folder."""
    packages = project / ".aifp-project" / "packages"
    for old in packages.glob(f"{name}-*"):
        (old / "METADATA").unlink()
        old.rmdir()
    record = packages / f"{name}-{version}.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def make_program(place: Path) -> Path:
    """Write a program that can be started, and return its path."""
    place.write_text("#!/bin/sh\n")
    place.chmod(0o755)
    return place
