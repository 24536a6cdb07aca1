"""Commands of the npm packages that package.json names, run by the node that comes with them."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
_MODULES = FOLDER / "node_modules"
CONFORMANCE = _MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"


def node() -> str:
    """Return the node that package.json pins."""
    program = _MODULES / ".bin" / "node"
    if not program.exists():
        pytest.fail("The tools from npm are not installed; run: make node")
    return str(program)


def script(name: str) -> list[str]:
    """Return the command of a script of this folder."""
    return [node(), str(FOLDER / name)]


def inspector() -> list[str]:
    """Return the command of the inspector's command line."""
    return [node(), str(_MODULES / ".bin" / "mcp-inspector"), "--cli"]


def conformance() -> list[str]:
    """Return the command of the conformance suite."""
    return [node(), str(CONFORMANCE)]
