"""Which of the three input formats a file is written in."""

import re

from aifp.schemas.words import SourceFormat

SUFFIXES: dict[str, SourceFormat] = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".txt": "txt",
    ".text": "txt",
}
YAML_LINE = re.compile(r"^(directives:|- )", re.MULTILINE)


def by_suffix(source_file: str) -> SourceFormat | None:
    """Return the format that the file's name states."""
    name = source_file.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return next((kind for suffix, kind in SUFFIXES.items() if name.endswith(suffix)), None)


def by_content(text: str) -> SourceFormat:
    """Return the format that the text looks like."""
    if text.lstrip()[:1] in ("{", "["):
        return "json"
    return "yaml" if YAML_LINE.search(text) else "txt"


def file_kind(source_file: str, asked: SourceFormat | None, text: str) -> SourceFormat:
    """Return the format: by suffix, else as asked for, else by content."""
    return by_suffix(source_file) or asked or by_content(text)
