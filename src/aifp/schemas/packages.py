"""Packages that the code of directives may import."""

from aifp.schemas.common import Record


class Pin(Record):
    """One exact version of one package, with the hashes (sha256, hex) of its allowed files."""

    name: str
    version: str
    hashes: tuple[str, ...]
    pure: bool = True
