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
    _ids_of("D", *range(27, 31), *range(36, 56), *range(69, 73), *range(86, 104))
    | _ids_of("D", *range(1, 16), *range(21, 27), 60)
    | _ids_of("D", *range(16, 21), *range(31, 36), 62)
    | _ids_of("D", 83, *range(105, 111), 112, 113)
    | _ids_of("D", 68, *range(73, 78))
    | _ids_of("I", *range(1, 21), 23, 24, *range(25, 29))
    | _ids_of("F", 1, 2, 3, 4, 5, 8, 9, 16, 18, 22, 25, 29)
    | _ids_of("X", 1, 2, 6, 9, 12, 13)
    | _ids_of("D", *range(56, 60), 61, *range(63, 68), *range(78, 83), 85)
    | _ids_of("L", *range(13, 21), 22, 23, 24, *range(28, 31))
    | _ids_of("T", *range(13, 18), 19, 20)
    | {"D104"}
    | {"L01", "S24", "T04", "T12"}
    | _ids_of("L", *range(2, 13), 25, 31)
    | _ids_of("S", 1, 2, 4, 5, 6, 19, 23)
    | _ids_of("S", 3, *range(7, 19), 20, 22, 25)
    | _ids_of("L", 21, 26, 27)
    | _ids_of("D", 84)
    | _ids_of("T", 18)
    | {"8.3", "8.5", "8.6"}
    | {"8.1", "8.2", "8.4", "8.7", "G9"}
    | _ids_of("T", *range(1, 4), *range(5, 13), 21)
    | {"S21"}
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
