"""No state outside the run: no global and nonlocal, no changed module values."""

import ast
from collections.abc import Iterator

from aifp.helpers.user_directives.internal.code_rules.bindings import (
    Scope,
    imported_modules,
    module_names,
    own_names,
)
from aifp.helpers.user_directives.internal.code_rules.violations import Violation

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
    shared, modules = module_names(tree), imported_modules(tree)
    for node in tree.body:
        yield from _changes(node, shared, modules, within=False)


def _changes(
    node: ast.AST, shared: frozenset[str], modules: frozenset[str], *, within: bool
) -> Iterator[Violation]:
    """Yield each change of a shared value inside a function; its own names are not shared."""
    if isinstance(node, Scope):
        shared, within = shared - frozenset(own_names(node)), True
    name = _changed(node, modules)
    if within and name in shared:
        text = f"{name} belongs to the module and must not be changed: pass values and return them"
        yield Violation(getattr(node, "lineno", 1), "module state", text)
    for child in ast.iter_child_nodes(node):
        yield from _changes(child, shared, modules, within=within)


def _changed(node: ast.AST, modules: frozenset[str]) -> str | None:
    """Return the name whose object a node changes in place."""
    match node:
        case ast.Attribute(value=inner, ctx=ast.Store() | ast.Del()):
            return _root(inner)
        case ast.Subscript(value=inner, ctx=ast.Store() | ast.Del()):
            return _root(inner)
        case ast.Call(func=ast.Attribute(attr=method, value=inner)) if method in CHANGING:
            name = _root(inner)
            # A function of a module may have such a name too, as operator.add has.
            return None if name in modules else name
        case _:
            return None


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
