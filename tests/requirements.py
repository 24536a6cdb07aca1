"""Every promised behaviour that has landed: its ID is claimed here and shown by a test.

IDs come from the product's specification: D directives, L lifecycle, S sync and versions, P
tooling, W workers, T testing; 8.n state machines, G9 the gate; F faults, I bad input, X security.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent


def _ids_of(letter: str, *numbers: int) -> set[str]:
    return {f"{letter}{number:02d}" for number in numbers}


CLAIMED = frozenset(
    # D111 waits for AI workers.
    _ids_of("D", *range(1, 111), 112, 113)
    | _ids_of("L", *range(1, 33))
    | _ids_of("S", *range(1, 26))
    | _ids_of("T", *range(1, 23))
    | _ids_of("I", *range(1, 21), 23, 24, *range(25, 29))
    | _ids_of("F", 1, 2, 3, 4, 5, 8, 9, 16, 18, 22, 25, 29)
    | _ids_of("X", 1, 2, 6, 9, 12, 13)
    | {"8.1", "8.2", "8.3", "8.4", "8.5", "8.6", "8.7", "G9"}
)


def named(folder: Path = TESTS) -> dict[str, set[str]]:
    """Return the IDs that tests name in `@pytest.mark.req(...)`, with the files that do."""
    found: dict[str, set[str]] = {}
    for file in folder.glob("**/test_*.py"):
        if "node_modules" in file.parts:
            continue
        for requirement in _ids(ast.parse(file.read_text(encoding="utf-8"))):
            found.setdefault(requirement, set()).add(file.relative_to(folder).as_posix())
    return found


def _ids(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="req"), args=args):
                yield from (str(a.value) for a in args if isinstance(a, ast.Constant))
            case _:
                pass
