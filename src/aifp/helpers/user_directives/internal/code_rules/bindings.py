"""Which names a module and its functions bind for themselves."""

import ast
from collections.abc import Iterator

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def own_names(function: Scope) -> Iterator[str]:
    """Yield the names that a function binds for itself."""
    a = function.args
    yield from (x.arg for x in (*a.posonlyargs, *a.args, *a.kwonlyargs))
    yield from (x.arg for x in (a.vararg, a.kwarg) if x)
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        if not isinstance(node, Scope):
            waiting += ast.iter_child_nodes(node)


def module_names(tree: ast.Module) -> frozenset[str]:
    """Return every name that the module itself binds."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((a.asname or a.name).split(".")[0] for a in node.names)
        else:
            names.update(
                n.id
                for n in ast.walk(node)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            )
    return frozenset(names)


def imported_modules(tree: ast.Module) -> frozenset[str]:
    """Return the names that stand for whole modules."""
    aliases = (a for node in tree.body if isinstance(node, ast.Import) for a in node.names)
    return frozenset((alias.asname or alias.name).split(".")[0] for alias in aliases)
