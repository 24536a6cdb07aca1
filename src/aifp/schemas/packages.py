"""Packages that the code of directives may import."""

import re

from aifp.schemas.common import Record

# PEP 508 without addresses, extras and markers: nothing in it can be an option of pip.
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
# Where a project keeps its packages; each lies in a folder of its own, named after its content.
PACKAGES = ".aifp-project/packages"
# In that folder: the wheel as it was fetched, and what it holds, laid out for import.
WHEEL, TREE = "package.whl", "lib"


class Pin(Record):
    """One exact version of one package, with the hashes (sha256, hex) of its allowed files."""

    name: str
    version: str
    hashes: tuple[str, ...]
    pure: bool = True

    @property
    def line(self) -> str:
        """Return the pin as pip reads it."""
        return " ".join(
            [f"{self.name}=={self.version}", *(f"--hash=sha256:{h}" for h in self.hashes)]
        )
