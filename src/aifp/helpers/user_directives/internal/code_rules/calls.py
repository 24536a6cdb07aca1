"""Who may call the host, and which built-in doors stay shut."""

import ast
from collections.abc import Collection, Iterator

from aifp.helpers.user_directives.internal.code_rules.bindings import (
    Scope,
    module_names,
    own_names,
)
from aifp.helpers.user_directives.internal.code_rules.violations import Violation

Function = ast.FunctionDef | ast.AsyncFunctionDef
HOST_WORDS = "http notify file state sleep log command tool ask_worker test aio branches"
HOST = frozenset(HOST_WORDS.split())
DOOR_WORDS = """exec eval compile open input breakpoint globals locals vars getattr setattr delattr
    exit quit attrgetter methodcaller"""
DOORS = frozenset(DOOR_WORDS.split())
HARMLESS = frozenset({"__name__", "__init__", "__post_init__", "__doc__"})
MAY_CALL = ("execute_", "effect_")


def host_violations(tree: ast.Module, entries: Collection[str]) -> Iterator[Violation]:
    """Yield each host call outside functions named execute_* or effect_* (and entry points)."""
    yield from _host_calls(tree, frozenset(), allowed=False, entries=entries)


def _host_calls(
    node: ast.AST, contexts: frozenset[str], *, allowed: bool, entries: Collection[str]
) -> Iterator[Violation]:
    for child in ast.iter_child_nodes(node):
        here, may = contexts, allowed
        if isinstance(child, Function):
            here = contexts | contexts_of(child)
            may = allowed or child.name.startswith(MAY_CALL) or child.name in entries
        yield from _found(child, here, may)
        yield from _host_calls(child, here, allowed=may, entries=entries)


def _found(node: ast.AST, contexts: frozenset[str], allowed: bool) -> Iterator[Violation]:  # noqa: FBT001
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attr, lineno=line):
            if name in contexts and attr in HOST and not allowed:
                text = f"{name}.{attr} is a host call: only execute_* and effect_* may make it"
                yield Violation(line, "host calls", text)
        case ast.Assign(value=ast.Name(id=name)) | ast.NamedExpr(value=ast.Name(id=name)):
            if name in contexts:
                text = f"do not give {name} another name: pass it as an argument"
                yield Violation(node.lineno, "host calls", text)
        case _:
            pass


def contexts_of(function: Function) -> frozenset[str]:
    """Return the arguments of a function that are the run's context."""
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return frozenset(a.arg for a in arguments if a.arg == "ctx" or _is_ctx(a.annotation))


def _is_ctx(annotation: ast.expr | None) -> bool:
    match annotation:
        case ast.Name(id="Ctx") | ast.Attribute(attr="Ctx") | ast.Constant(value="Ctx"):
            return True
        case _:
            return False


def door_violations(tree: ast.Module) -> Iterator[Violation]:
    """Yield each use of a built-in that reaches around the rules, and each dunder."""
    shared = module_names(tree)
    for node in tree.body:
        yield from _doors(node, frozenset(), shared)


def _doors(node: ast.AST, own: frozenset[str], shared: frozenset[str]) -> Iterator[Violation]:
    """Look at one node; a name that a function binds itself is no built-in there."""
    if isinstance(node, Scope):
        own = own | shared | frozenset(own_names(node))
    match node:
        case ast.Name(id=name, lineno=line) | ast.alias(name=name, lineno=line):
            if (name in DOORS and name not in own) or _is_hidden(name):
                yield Violation(line, "doors", f"{name} is not allowed")
        case ast.Attribute(attr=name, lineno=line) if _is_hidden(name):
            yield Violation(line, "doors", f"{name} is not allowed")
        case _:
            pass
    for child in ast.iter_child_nodes(node):
        yield from _doors(child, own, shared)


def _is_hidden(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and name not in HARMLESS
