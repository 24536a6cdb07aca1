"""No state outside the run: no global and nonlocal, no changed module values."""

import ast
from collections.abc import Iterator

from aifp.helpers.user_directives.internal.code_rules.violations import Violation

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
CHANGING_WORDS = """
    append appendleft extend extendleft insert remove pop popleft popitem clear update setdefault
    add discard sort reverse rotate subtract difference_update intersection_update"""
CHANGING = frozenset(CHANGING_WORDS.split())


def state_violations(tree: ast.Module) -> Iterator[Violation]:
    """Yield each write to something that outlives the call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Global | ast.Nonlocal):
            word = "global" if isinstance(node, ast.Global) else "nonlocal"
            text = f"`{word} {', '.join(node.names)}`: return the new value instead"
            yield Violation(node.lineno, word, text)
    shared = _bound(tree)
    for node in tree.body:
        yield from _changes(node, shared, within=False)


def _changes(node: ast.AST, shared: frozenset[str], *, within: bool) -> Iterator[Violation]:
    """Yield each change of a shared value inside a function; its own names are not shared."""
    if isinstance(node, Function):
        shared, within = shared - frozenset(_own(node)), True
    name = _changed(node)
    if within and name in shared:
        text = f"{name} belongs to the module and must not be changed: pass values and return them"
        yield Violation(getattr(node, "lineno", 1), "module state", text)
    for child in ast.iter_child_nodes(node):
        yield from _changes(child, shared, within=within)


def _changed(node: ast.AST) -> str | None:
    """Return the name whose object a node changes in place."""
    match node:
        case ast.Attribute(value=inner, ctx=ast.Store() | ast.Del()):
            return _root(inner)
        case ast.Subscript(value=inner, ctx=ast.Store() | ast.Del()):
            return _root(inner)
        case ast.Call(func=ast.Attribute(attr=method, value=inner)) if method in CHANGING:
            return _root(inner)
        case _:
            return None


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _own(function: Function) -> Iterator[str]:
    """Yield the names that a function binds for itself."""
    a = function.args
    yield from (x.arg for x in (*a.posonlyargs, *a.args, *a.kwonlyargs))
    yield from (x.arg for x in (a.vararg, a.kwarg) if x)
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        if not isinstance(node, Function):
            waiting += ast.iter_child_nodes(node)


def _bound(tree: ast.Module) -> frozenset[str]:
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
