"""The lines of a TXT file: comments left out, continued lines joined."""

from dataclasses import dataclass

MAX_LINE = 2_000


@dataclass(frozen=True)
class Line:
    """One logical line: its text, its number, the column it starts at, and if it was joined."""

    text: str
    number: int
    column: int = 1
    joined: bool = False


def logical_lines(text: str) -> list[Line]:
    """Return the lines that say something; two leading spaces continue the line before."""
    lines: list[Line] = []
    for number, raw in enumerate(text.split("\n"), start=1):
        stripped = raw.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if raw.startswith("  ") and lines:
            before = lines.pop()
            lines.append(
                Line(f"{before.text} {stripped}", before.number, before.column, joined=True)
            )
        else:
            lines.append(Line(stripped, number, raw.index(stripped) + 1))
    return lines
