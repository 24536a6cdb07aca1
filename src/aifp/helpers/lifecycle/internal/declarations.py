"""The constants by which a file of code tells what it is, found without running it."""

import ast

CHARACTERISTICS, TEST_CASES = "CHARACTERISTICS", "TEST_CASES"


def constant_in(tree: ast.Module, name: str) -> tuple[int, ast.expr] | None:
    """Return the line and the value of a constant of a module; the last one counts."""
    for node in reversed(tree.body):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=found)], value=value)
                | ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value)
            ) if found == name:
                return node.lineno, value
            case _:
                pass
    return None
